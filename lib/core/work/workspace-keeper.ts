import { AppError } from '#contracts/errors.ts';
import { type WorkspaceChange, workspaceChange } from '#contracts/job-view.ts';
import { workspaceName } from '#contracts/object-keys.ts';
import type { TurnRequest } from '#contracts/worker-protocol.ts';
import type { Manifest, Sandbox, Snapshot, SnapshotFile } from '../ports/sandbox.ts';
import { compareFiles } from '../tools/compare-files.ts';
import { placeHandedIn } from './place-handed-in.ts';
import { readArchive } from './restore.ts';
import { storeFile } from './store-file.ts';
import type { WorkContext } from './work-outcome.ts';

type Saved = NonNullable<TurnRequest['workspace']>;

/** A sandbox's workspace, and which of its states outlive the worker. */
export class WorkspaceKeeper {
  readonly sandbox: Sandbox;
  readonly #context: WorkContext;
  #base: Pick<Manifest, 'files'> = { files: [] };
  #dirty = false;
  /** Of the state that the checkpoint names. */
  #recordedSha256: string | undefined;
  /** A later state, which no checkpoint names yet. */
  #stored: Saved | undefined;
  /** Of the state that was stored last. */
  #storedPrint: string | undefined;
  /** How many this attempt has stored: no two of them have the same name. */
  #count = 0;
  /** The workspace as it is, until a tool may have changed it. */
  #latest: Snapshot | undefined;
  /** Set while the workspace is too large to be kept. */
  #lost: string | undefined;

  constructor(sandbox: Sandbox, context: WorkContext) {
    this.sandbox = sandbox;
    this.#context = context;
  }

  get lost(): string | undefined {
    return this.#lost;
  }

  /** The files that the job began with (or that are given), and over them those of the latest checkpoint. */
  async restore(given?: Uint8Array): Promise<void> {
    const { signal, started } = this.#context;
    const { workspace, checkpoint } = started;
    const base = given ?? (workspace && (await readArchive(workspace, this.#context)));
    if (base) await this.sandbox.restore(base, signal);
    const isHandedIn = await placeHandedIn(this.sandbox, this.#context);
    if (base || isHandedIn) {
      this.#latest = await this.sandbox.save(signal);
      this.#base = this.#latest;
    }
    if (!checkpoint?.workspace) return;
    await this.sandbox.restore(await readArchive(checkpoint.workspace, this.#context), signal);
    this.#latest = undefined;
    this.#recordedSha256 = checkpoint.workspace.sha256;
  }

  /** A tool may have changed it. */
  touch(): void {
    this.#dirty = true;
    this.#latest = undefined;
  }

  /** Stores the workspace where it differs from what was stored last; answers what a checkpoint has to name. */
  async save(signal: AbortSignal): Promise<Saved | undefined> {
    if (!this.#dirty) return this.#stored;
    const print = await this.sandbox.fingerprint?.();
    if (print === undefined || print !== this.#storedPrint) await this.#store(signal, print);
    // Only now: what could not be stored is still to be stored when the worker is told to go.
    this.#dirty = false;
    return this.#stored;
  }

  /** The checkpoint names what `save` has answered; until then each `save` answers it again. */
  recorded(saved: Saved | undefined): void {
    if (!saved) return;
    this.#recordedSha256 = saved.sha256;
    if (this.#stored?.sha256 === saved.sha256) this.#stored = undefined;
  }

  async #store(signal: AbortSignal, print: string | undefined): Promise<void> {
    const snapshot = await this.#snapshot(signal);
    if (!snapshot) return;
    const { archive } = snapshot;
    const sha256 = this.#context.ports.sha256Hex(archive);
    if (sha256 === this.#recordedSha256) this.#stored = undefined;
    else if (sha256 !== this.#stored?.sha256) {
      const number = ++this.#count;
      await storeFile(workspaceName(number, sha256), archive, this.#context, signal);
      await this.#context.ports.passed?.('workspace.stored');
      this.#stored = { number, sha256, bytes: archive.length };
    }
    this.#storedPrint = print;
  }

  /** What is different from when the job began, and all of it as one archive. */
  async handOver(signal: AbortSignal): Promise<{ files: WorkspaceChange[]; archive?: Snapshot['archive'] }> {
    const snapshot = await this.#snapshot(signal);
    if (snapshot) return { files: this.#changes(snapshot.files), archive: snapshot.archive };
    return { files: [] };
  }

  async #snapshot(signal: AbortSignal): Promise<Snapshot | undefined> {
    if (this.#latest) return this.#latest;
    try {
      const snapshot = await this.sandbox.save(signal);
      this.#latest = snapshot;
      this.#lost = undefined;
      return snapshot;
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'payload_too_large') throw error;
      this.#lost = `The workspace was not kept: ${error.message}`;
      this.#context.events.say({ type: 'note', message: this.#lost.slice(0, 4_000) });
      return undefined;
    }
  }

  #changes(after: readonly SnapshotFile[]): WorkspaceChange[] {
    const { added, modified, deleted } = compareFiles(this.#base.files, after);
    const byPath = new Map(after.map((file) => [file.path, file]));
    const kinds = { added, modified, deleted };
    return workspaceChange.shape.change.options
      .flatMap((change) =>
        kinds[change].map(({ path, bytesAfter, linesBefore, linesAfter }) => {
          const sha256 = byPath.get(path)?.sha256;
          return {
            path,
            change,
            bytes: bytesAfter,
            ...(sha256 && { sha256 }),
            ...(linesBefore !== undefined && { linesBefore }),
            ...(linesAfter !== undefined && { linesAfter }),
          };
        }),
      )
      .sort((a, b) => (a.path < b.path ? -1 : 1));
  }
}
