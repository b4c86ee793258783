import { AppError } from '#contracts/errors.ts';
import type { Layer, Manifest, RunRequest, Sandbox, SandboxLimits } from '#core/ports/sandbox.ts';
import { compareFiles } from '#core/tools/compare-files.ts';
import { checkPath } from './check-path.ts';
import type { Confinement } from './confinement.ts';
import { takeFingerprint } from './fingerprint.ts';
import type { LayerHeader, OperationName, Operations, SnapshotTerms } from './helper/protocol.ts';
import { Helper } from './helper-client.ts';
import { runCommand } from './run-command.ts';
import { checkVariables, toolEnvironment } from './tool-environment.ts';
import { Turnstile } from './turnstile.ts';
import { makeFolders, measure, removeFolders } from './workspace.ts';

/** Each with its reason; a caller may set others. */
export const defaultLimits: SandboxLimits = {
  /** Compilers and test runners start a few dozen; a fork bomb stops here. */
  processes: 512,
  openFiles: 4_096,
  /** A tenth of the smallest disk. */
  fileBytes: 2_147_483_648,
  outputCharacters: 30_000,
  graceMs: 2_000,
  floodBytes: 104_857_600,
  workspaceBytes: 104_857_600,
  workspaceFiles: 20_000,
  fileTransferBytes: 104_857_600,
};

/** What a tool can make again: it is neither saved nor counted. */
export const defaultExclude: readonly string[] = ['node_modules', '.venv', '__pycache__', '.cache'];

export interface SandboxTerms {
  /** The sandbox's folder, absolute. Made if it is missing; removed on close if nothing else is in it. */
  folder: string;
  /** The helper's program; the tools' user must be able to read it. */
  helperFile: string;
  /** The tools' PATH. Default: where Linux has its programs. This Node comes before it. */
  path?: string | undefined;
  limits?: Partial<SandboxLimits> | undefined;
  /** Names of folders that are neither saved nor counted. Default `defaultExclude`. */
  exclude?: readonly string[] | undefined;
}

/** Ends what an earlier worker may have left under the same user, then makes the folders. */
export async function makeSandbox(confinement: Confinement, terms: SandboxTerms): Promise<Sandbox> {
  await confinement.endAll();
  return new ConfinedSandbox(confinement, terms);
}

class ConfinedSandbox implements Sandbox {
  readonly kind;
  readonly isolated;
  readonly limits: SandboxLimits;
  readonly #confinement: Confinement;
  readonly #turnstile = new Turnstile();
  readonly #folders;
  readonly #env: Readonly<Record<string, string>>;
  readonly #helper: Helper;
  readonly #snapshotTerms: SnapshotTerms;
  #closed = false;

  constructor(confinement: Confinement, { folder, helperFile, path, limits, exclude }: SandboxTerms) {
    this.kind = confinement.kind;
    this.isolated = confinement.isolated;
    this.#confinement = confinement;
    this.limits = { ...defaultLimits, ...limits };
    this.#folders = makeFolders(folder, confinement);
    const env = toolEnvironment(this.#folders, path);
    this.#env = env;
    const root = this.#folders.work;
    this.#helper = new Helper({ confinement, root, helperFile, env, limits: this.limits });
    this.#snapshotTerms = {
      maxBytes: this.limits.workspaceBytes,
      maxFiles: this.limits.workspaceFiles,
      exclude: exclude ?? defaultExclude,
    };
  }

  run(request: RunRequest, signal: AbortSignal) {
    return this.#pass(async () => {
      const { stdin, timeoutMs, env = {}, cwd } = request;
      checkVariables(env);
      const argv =
        'argv' in request ? request.argv : ['bash', '--noprofile', '--norc', '-c', request.command];
      checkArguments(argv);
      const start = {
        argv,
        root: this.#folders.work,
        cwd: cwd === undefined ? '' : await this.#enter(cwd, signal),
        merged: true,
        limits: this.limits,
        processes: this.limits.processes,
        env: { ...this.#env, ...env },
        input: stdin !== undefined,
      };
      const command = { start, stdin, timeoutMs, limits: this.limits };
      await this.#helper.stop();
      const outcome = await runCommand(this.#confinement, command, signal);
      return { ...outcome, workspace: measure(this.#folders.work, this.limits, this.#snapshotTerms.exclude) };
    });
  }

  readFile(path: string, signal: AbortSignal) {
    return this.#pass(async () => {
      const request = { path: checkPath(path), maxBytes: this.limits.fileTransferBytes };
      return (await this.#call('read', request, signal)).data;
    });
  }

  writeFile(path: string, content: Uint8Array, signal: AbortSignal) {
    return this.#pass(async () => {
      checkPath(path);
      if (content.length > this.limits.fileTransferBytes)
        throw new AppError(
          'payload_too_large',
          `${content.length} bytes are too many for one file; at most ${this.limits.fileTransferBytes} fit.`,
        );
      return (await this.#call('write', { path }, signal, content)).reply;
    });
  }

  listFiles(request: Parameters<Sandbox['listFiles']>[0], signal: AbortSignal) {
    return this.#pass(async () => {
      if (request.path !== undefined) checkPath(request.path);
      return (await this.#call('list', request, signal)).reply;
    });
  }

  stat(path: string, signal: AbortSignal) {
    return this.#pass(async () => (await this.#call('stat', { path: checkPath(path) }, signal)).reply.stat);
  }

  save(signal: AbortSignal) {
    return this.#pass(async () => {
      const { reply, data } = await this.#call('save', this.#snapshotTerms, signal);
      return { ...reply, archive: data };
    });
  }

  fingerprint() {
    const { maxFiles, exclude } = this.#snapshotTerms;
    return this.#pass(async () => takeFingerprint(this.#folders.work, maxFiles, exclude));
  }

  restore(archive: Uint8Array, signal: AbortSignal, folder?: string) {
    return this.#pass(async () => {
      const place = folder === undefined ? undefined : checkPath(folder);
      await this.#call('restore', { ...this.#snapshotTerms, folder: place }, signal, archive);
    });
  }

  assemble(layers: readonly Layer[], signal: AbortSignal) {
    return this.#pass(async () => {
      const headers = layers.map(({ archive, paths }): LayerHeader => ({ bytes: archive.length, paths }));
      const line = Buffer.from(`${JSON.stringify(headers)}\n`);
      const body = Buffer.concat([line, ...layers.map(({ archive }) => archive)]);
      await this.#call('assemble', this.#snapshotTerms, signal, body);
    });
  }

  changes(base: Pick<Manifest, 'files'>, signal: AbortSignal) {
    return this.#pass(async () => {
      const { reply } = await this.#call('manifest', this.#snapshotTerms, signal);
      return compareFiles(base.files, reply.files);
    });
  }

  close(): Promise<void> {
    return this.#turnstile.pass(async () => {
      if (this.#closed) return;
      this.#closed = true;
      await this.#helper.stop();
      await this.#confinement.endAll();
      await removeFolders(this.#folders);
    });
  }

  async #enter(path: string, signal: AbortSignal): Promise<string> {
    return (await this.#call('enter', { path: checkPath(path) }, signal)).reply.path;
  }

  #call<Name extends OperationName>(
    operation: Name,
    request: Operations[Name]['request'],
    signal: AbortSignal,
    body?: Uint8Array,
  ) {
    return this.#helper.call(operation, request, body, signal);
  }

  #pass<T>(task: () => Promise<T>): Promise<T> {
    return this.#turnstile.pass(async () => {
      if (this.#closed) throw new AppError('internal', 'The sandbox is closed.');
      // Without a border a tool can remove its own workspace; the next one finds an empty one.
      if (!this.isolated) makeFolders(this.#folders.base, this.#confinement);
      return task();
    });
  }
}

function checkArguments(argv: readonly string[]): void {
  if (argv.length === 0) throw new AppError('invalid_request', 'There is no program to run.');
  if (argv.some((argument) => argument.includes('\0')))
    throw new AppError('invalid_request', 'A command cannot hold a NUL character.');
}
