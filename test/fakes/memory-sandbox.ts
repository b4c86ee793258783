import { AppError } from '../../lib/contracts/errors.ts';
import type {
  FileEntry,
  Layer,
  RunOutcome,
  RunRequest,
  Sandbox,
  Snapshot,
} from '../../lib/core/ports/sandbox.ts';

const limits = {
  processes: 512,
  openFiles: 4_096,
  fileBytes: 2_147_483_648,
  outputCharacters: 30_000,
  graceMs: 2_000,
  floodBytes: 104_857_600,
  workspaceBytes: 104_857_600,
  workspaceFiles: 20_000,
  fileTransferBytes: 104_857_600,
};

const succeeded: RunOutcome = {
  exitCode: 0,
  timedOut: false,
  flooded: false,
  output: '',
  bytes: 0,
  milliseconds: 100,
  leftovers: 0,
  workspace: { bytes: 0, files: 0, exceeded: false },
};

/** A workspace in memory. Programs do not run: `outcome` says what became of each. */
export class MemorySandbox implements Sandbox {
  readonly kind = 'process';
  readonly isolated = false;
  readonly limits = limits;
  readonly files = new Map<string, Uint8Array>();
  readonly runs: RunRequest[] = [];
  outcome: (request: RunRequest) => Partial<RunOutcome> | Promise<Partial<RunOutcome>> = () => ({});
  closed = false;

  async run(request: RunRequest, signal: AbortSignal): Promise<RunOutcome> {
    signal.throwIfAborted();
    this.runs.push(request);
    const outcome = await this.outcome(request);
    signal.throwIfAborted();
    return { ...succeeded, bytes: outcome.output?.length ?? 0, ...outcome };
  }

  async readFile(path: string): Promise<Uint8Array> {
    const content = this.files.get(path);
    if (!content) throw new AppError('not_found', `"${path}" does not exist.`);
    return content;
  }

  async writeFile(path: string, content: Uint8Array): Promise<{ created: boolean }> {
    const created = !this.files.has(path);
    this.files.set(path, content);
    return { created };
  }

  async listFiles(): Promise<{ entries: FileEntry[]; more: boolean }> {
    const entries = [...this.files].map(([path, content]) => ({
      path,
      kind: 'file' as const,
      bytes: content.length,
      executable: false,
    }));
    return { entries, more: false };
  }

  async stat(path: string) {
    const content = this.files.get(path);
    return content && { kind: 'file' as const, bytes: content.length, executable: false };
  }

  async save(): Promise<Snapshot> {
    const files = [...this.files].map(([path, content]) => [path, Buffer.from(content).toString('base64')]);
    return { archive: Buffer.from(JSON.stringify(files)), files: [], skipped: [] };
  }

  async restore(archive: Uint8Array, _signal: AbortSignal, folder?: string): Promise<void> {
    const prefix = folder === undefined ? '' : `${folder}/`;
    for (const path of [...this.files.keys()]) if (path.startsWith(prefix)) this.files.delete(path);
    for (const [path, content] of read(archive))
      this.files.set(prefix + path, Buffer.from(content, 'base64'));
  }

  async assemble(layers: readonly Layer[]): Promise<void> {
    const taken = layers.flatMap(({ archive, paths }) =>
      read(archive).filter(([path]) => paths.includes(path)),
    );
    this.files.clear();
    for (const [path, content] of taken) this.files.set(path, Buffer.from(content, 'base64'));
  }

  async changes() {
    return { added: [], modified: [], deleted: [] };
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}

function read(archive: Uint8Array): [string, string][] {
  return JSON.parse(Buffer.from(archive).toString());
}
