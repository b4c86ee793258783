import { AppError } from '#contracts/errors.ts';
import type { SandboxLimits } from '#core/ports/sandbox.ts';
import type { Confinement } from './confinement.ts';
import {
  frameHeaderBytes,
  frameKinds,
  type HelperFault,
  type OperationName,
  type Operations,
} from './helper/protocol.ts';
import { startError, startProgram } from './run-command.ts';

/** A whole workspace is saved in seconds; this ends a helper that hangs. */
const timeoutMs = 300_000;
/** What a reply may be longer than the data it was asked for: names of many files. */
const replyBytes = 67_108_864;
const shownErrorCharacters = 2_000;

export interface HelperSetting {
  confinement: Confinement;
  /** Absolute, without symlinks. */
  root: string;
  /** The helper's program, a file that the tools' user can read. */
  helperFile: string;
  env: Readonly<Record<string, string>>;
  limits: SandboxLimits;
}

export interface HelperAnswer<Name extends OperationName> {
  reply: Operations[Name]['reply'];
  data: Uint8Array;
}

/** Starts the helper with the tools' rights for one operation. Nothing of the tools' may be running. */
export async function callHelper<Name extends OperationName>(
  setting: HelperSetting,
  operation: Name,
  request: Operations[Name]['request'],
  body: Uint8Array | undefined,
  signal: AbortSignal,
): Promise<HelperAnswer<Name>> {
  signal.throwIfAborted();
  const { confinement, root, helperFile, env, limits } = setting;
  const argv = [process.execPath, helperFile];
  const child = startProgram(confinement, {
    argv,
    root: '/',
    cwd: '',
    merged: false,
    limits,
    processes: undefined,
    env,
    input: true,
  });
  const answer = new FrameReader(limits.workspaceBytes + limits.fileTransferBytes + replyBytes);
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString('utf8')).slice(0, shownErrorCharacters);
  });
  const stopping = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  const end = () => child.kill('SIGKILL');
  child.stdout?.on('data', (chunk: Buffer) => answer.add(chunk) || end());
  stopping.addEventListener('abort', end, { once: true });
  child.stdin?.on('error', () => undefined);
  child.stdin?.write(`${JSON.stringify({ operation, root, ...request })}\n`);
  child.stdin?.end(body);
  try {
    const exit = await new Promise<string>((resolve, reject) => {
      child.once('error', (error) => reject(startError(error)));
      child.once('close', (code, name) => resolve(name ?? `exit code ${code}`));
    });
    signal.throwIfAborted();
    return answer.finish<Name>(exit, stderr);
  } finally {
    stopping.removeEventListener('abort', end);
    // The helper may have started programs of its own.
    if (stopping.aborted) await confinement.endAll();
  }
}

/** Takes frames apart as they come, so that a large archive is in memory once. */
class FrameReader {
  readonly #maxBytes: number;
  #bytes = 0;
  #header = Buffer.alloc(0);
  #left = 0;
  #payload: Buffer[] = [];
  readonly #data: Buffer[] = [];
  #end: { kind: number; payload: Buffer } | undefined;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** False when it is too much. */
  add(chunk: Buffer): boolean {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#maxBytes) return false;
    for (let rest = chunk; rest.length > 0 && !this.#end; )
      rest = this.#header.length < frameHeaderBytes ? this.#takeHeader(rest) : this.#takePayload(rest);
    return true;
  }

  finish<Name extends OperationName>(exit: string, stderr: string): HelperAnswer<Name> {
    if (!this.#end)
      throw new AppError('internal', `The sandbox's helper gave no answer (${exit}). ${stderr}`.trim());
    const answer = JSON.parse(this.#end.payload.toString('utf8'));
    if (this.#end.kind === frameKinds.fault) throw toError(answer);
    return { reply: answer, data: Buffer.concat(this.#data) };
  }

  #takeHeader(chunk: Buffer): Buffer {
    const missing = frameHeaderBytes - this.#header.length;
    this.#header = Buffer.concat([this.#header, chunk.subarray(0, missing)]);
    if (this.#header.length === frameHeaderBytes) this.#left = this.#header.readUInt32BE(1);
    return chunk.subarray(missing);
  }

  #takePayload(chunk: Buffer): Buffer {
    const part = chunk.subarray(0, this.#left);
    const kind = this.#header.readUInt8(0);
    (kind === frameKinds.data ? this.#data : this.#payload).push(part);
    this.#left -= part.length;
    if (this.#left > 0) return chunk.subarray(part.length);
    this.#header = Buffer.alloc(0);
    if (kind !== frameKinds.data) this.#end = { kind, payload: Buffer.concat(this.#payload) };
    return chunk.subarray(part.length);
  }
}

function toError({ code, message }: HelperFault): AppError {
  return new AppError(code, message);
}
