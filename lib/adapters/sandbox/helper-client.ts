import type { SandboxLimits } from '#core/ports/sandbox.ts';
import type { Confinement } from './confinement.ts';
import type { OperationName, Operations } from './helper/protocol.ts';
import { type HelperAnswer, HelperProcess } from './helper-process.ts';
import { startProgram } from './run-command.ts';

/** A whole workspace is saved in seconds; this ends a helper that hangs. */
const timeoutMs = 300_000;
/** What a reply may be longer than the data it was asked for: names of many files. */
const replyBytes = 67_108_864;

export interface HelperSetting {
  confinement: Confinement;
  /** Absolute, without symlinks. */
  root: string;
  /** The helper's program, a file that the tools' user can read. */
  helperFile: string;
  env: Readonly<Record<string, string>>;
  limits: SandboxLimits;
}

/**
 * Operations on the workspace with the tools' rights. One process does them all, because to start one takes longer
 * than most of them; it is started when there is something to do, and stopped before anything of the tools' runs,
 * which could otherwise lay hands on it. One call at a time.
 */
export class Helper {
  readonly #setting: HelperSetting;
  #process: HelperProcess | undefined;

  constructor(setting: HelperSetting) {
    this.#setting = setting;
  }

  async call<Name extends OperationName>(
    operation: Name,
    request: Operations[Name]['request'],
    body: Uint8Array | undefined,
    signal: AbortSignal,
  ): Promise<HelperAnswer<Name>> {
    signal.throwIfAborted();
    const isOld = this.#process?.isAlive === true;
    const helper = this.#start();
    const stopping = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    const end = () => helper.kill();
    stopping.addEventListener('abort', end, { once: true });
    try {
      return await helper.ask<Name>({ operation, root: this.#setting.root, ...request }, body);
    } catch (error) {
      signal.throwIfAborted();
      if (!isOld || helper.isAlive || stopping.aborted) throw error;
    } finally {
      stopping.removeEventListener('abort', end);
      // The helper may have started programs of its own.
      if (stopping.aborted) await this.stop().then(() => this.#setting.confinement.endAll());
    }
    // It may have ended while nobody asked it for anything, and every operation may be done again.
    return this.call(operation, request, body, signal);
  }

  /** Resolves when the process is gone. */
  async stop(): Promise<void> {
    const helper = this.#process;
    this.#process = undefined;
    await helper?.stop();
  }

  #start(): HelperProcess {
    if (this.#process?.isAlive) return this.#process;
    const { confinement, helperFile, env, limits } = this.#setting;
    const child = startProgram(confinement, {
      argv: [process.execPath, helperFile],
      root: '/',
      cwd: '',
      merged: false,
      limits,
      processes: undefined,
      env,
      input: true,
    });
    const maxBytes = limits.workspaceBytes + limits.fileTransferBytes + replyBytes;
    this.#process = new HelperProcess(child, maxBytes);
    return this.#process;
  }
}
