import type { ChildProcess } from 'node:child_process';
import * as z from 'zod';
import { AppError } from '#contracts/errors.ts';
import { FrameReader } from './frame-reader.ts';
import { frameKinds, type HelperFault, type OperationName, type Operations } from './helper/protocol.ts';
import { startError } from './run-command.ts';

const shownErrorCharacters = 2_000;

const helperFault: z.ZodType<HelperFault> = z.object({
  code: z.enum(['invalid_request', 'not_found', 'forbidden', 'payload_too_large', 'internal']),
  message: z.string(),
});

export interface HelperAnswer<Name extends OperationName> {
  reply: Operations[Name]['reply'];
  data: Uint8Array;
}

/** One running helper. What it says is a stranger's: whatever does not belong to an answer ends it. */
export class HelperProcess {
  readonly #child: ChildProcess;
  readonly #maxBytes: number;
  /** Resolves with how it ended, and never rejects. */
  readonly #gone: Promise<AppError>;
  #isGone = false;
  #stderr = '';
  #reading: { frames: FrameReader; done: () => void } | undefined;

  constructor(child: ChildProcess, maxBytes: number) {
    this.#child = child;
    this.#maxBytes = maxBytes;
    this.#gone = this.#watch();
    child.stdout?.on('data', (chunk: Buffer) => this.#take(chunk));
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString('utf8')).slice(0, shownErrorCharacters);
    });
    // Its end says what has to be said.
    child.stdin?.on('error', () => undefined);
  }

  get isAlive(): boolean {
    return !this.#isGone && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async ask<Name extends OperationName>(
    request: Record<string, unknown>,
    body: Uint8Array = new Uint8Array(),
  ): Promise<HelperAnswer<Name>> {
    const frames = new FrameReader(this.#maxBytes);
    const answered = new Promise<void>((done) => {
      this.#reading = { frames, done };
    });
    this.#child.stdin?.write(`${JSON.stringify({ ...request, bodyBytes: body.length })}\n`);
    if (body.length > 0) this.#child.stdin?.write(body);
    const failure = await Promise.race([answered, this.#gone]);
    this.#reading = undefined;
    if (failure) throw failure;
    const { kind, payload } = frames.end ?? { kind: frameKinds.fault, payload: Buffer.from('{}') };
    const answer = parse(payload);
    if (kind === frameKinds.fault) throw toError(answer);
    return { reply: answer as Operations[Name]['reply'], data: frames.data() };
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  async stop(): Promise<void> {
    this.kill();
    await this.#gone;
  }

  #take(chunk: Buffer): void {
    if (!this.#reading?.frames.add(chunk)) this.kill();
    else if (this.#reading.frames.end) this.#reading.done();
  }

  #watch(): Promise<AppError> {
    return new Promise((resolve) => {
      const end = (error: AppError) => {
        this.#isGone = true;
        resolve(error);
      };
      this.#child.once('error', (error) => end(startError(error)));
      this.#child.once('close', (code, name) => {
        const how = name ?? `exit code ${code}`;
        end(new AppError('internal', `The sandbox's helper gave no answer (${how}). ${this.#stderr}`.trim()));
      });
    });
  }
}

function parse(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString('utf8'));
  } catch (cause) {
    throw new AppError('internal', "The sandbox's helper gave an answer that is no JSON.", { cause });
  }
}

function toError(answer: unknown): AppError {
  const fault = helperFault.safeParse(answer);
  if (fault.success) return new AppError(fault.data.code, fault.data.message);
  return new AppError('internal', "The sandbox's helper gave a fault that it cannot have.");
}
