import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '#contracts/errors.ts';
import type { RunOutcome, SandboxLimits } from '#core/ports/sandbox.ts';
import { keptBytes, renderOutput } from '#core/tools/output-text.ts';
import { type Confinement, requestEnd, type StartRequest } from './confinement.ts';
import { OutputCollector } from './output-collector.ts';

/** After all processes are gone a pipe closes at once; this is for the case that it does not. */
const closingMs = 2_000;

export interface CommandTerms {
  start: StartRequest;
  stdin: string | undefined;
  timeoutMs: number;
  limits: Pick<SandboxLimits, 'outputCharacters' | 'floodBytes' | 'graceMs'>;
}

type Cause = 'timeout' | 'flood' | 'abort';

/** Runs a program to its end, whatever it does, and ends all that it leaves behind. */
export async function runCommand(
  confinement: Confinement,
  { start, stdin, timeoutMs, limits }: CommandTerms,
  signal: AbortSignal,
): Promise<Omit<RunOutcome, 'workspace'>> {
  signal.throwIfAborted();
  const startedAt = performance.now();
  const child = startProgram(confinement, start);
  const ended = awaitExit(child);
  const output = new OutputCollector(keptBytes(limits.outputCharacters));
  const ender = new Ender(confinement, child, limits.graceMs);
  child.stdout?.on('data', (chunk: Buffer) => {
    output.add(chunk);
    if (output.bytes > limits.floodBytes) ender.end('flood');
  });
  feed(child, stdin);
  const timer = setTimeout(() => ender.end('timeout'), timeoutMs);
  const onAbort = () => ender.end('abort');
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const { exitCode, signalName } = await Promise.race([ended, ender.failure]);
    await ender.settled();
    const leftovers = await confinement.endAll();
    await closed(child);
    signal.throwIfAborted();
    return {
      exitCode: exitCode ?? undefined,
      signal: signalName ?? undefined,
      timedOut: ender.cause === 'timeout',
      flooded: ender.cause === 'flood',
      output: renderOutput(output.kept(), limits.outputCharacters),
      bytes: output.bytes,
      milliseconds: Math.round(performance.now() - startedAt),
      leftovers: ender.cause === undefined ? leftovers : 0,
    };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

/** Ends a running program once, for the first cause that comes up. */
class Ender {
  cause: Cause | undefined;
  /** Rejects where something could not be killed, so that nobody waits for its end. */
  readonly failure: Promise<never>;
  readonly #confinement: Confinement;
  readonly #child: ChildProcess;
  readonly #graceMs: number;
  readonly #fail: (error: unknown) => void;
  #ending: Promise<void> = Promise.resolve();

  constructor(confinement: Confinement, child: ChildProcess, graceMs: number) {
    this.#confinement = confinement;
    this.#child = child;
    this.#graceMs = graceMs;
    const { promise, reject } = Promise.withResolvers<never>();
    this.failure = promise;
    this.#fail = reject;
    // Not everybody waits for it.
    promise.catch(() => undefined);
  }

  end(cause: Cause): void {
    if (this.cause !== undefined) return;
    this.cause = cause;
    this.#ending = this.#end().catch(this.#fail);
  }

  settled(): Promise<void> {
    return this.#ending;
  }

  async #end(): Promise<void> {
    if (this.cause === 'timeout') {
      requestEnd(this.#child);
      await Promise.race([sleep(this.#graceMs, undefined, { ref: false }), onceExited(this.#child)]);
    }
    await this.#confinement.endAll();
  }
}

async function onceExited(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

interface Exit {
  exitCode: number | null;
  signalName: string | null;
}

function awaitExit(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve, reject) => {
    child.once('exit', (exitCode, signalName) => resolve({ exitCode, signalName }));
    child.once('error', (error: NodeJS.ErrnoException) => reject(startError(error)));
  });
}

/** As `start`, with Muster's errors for what the system refuses at once. */
export function startProgram(confinement: Confinement, request: StartRequest): ChildProcess {
  try {
    return confinement.start(request);
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw startError(error as NodeJS.ErrnoException);
  }
}

export function startError(error: NodeJS.ErrnoException): AppError {
  if (error.code === 'E2BIG')
    return new AppError('payload_too_large', 'The command is too long: write it to a file and run that.');
  return new AppError('internal', `The sandbox could not start a program (${error.code}).`, { cause: error });
}

function feed(child: ChildProcess, stdin: string | undefined): void {
  // A program need not read what it is given.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(stdin);
}

async function closed(child: ChildProcess): Promise<void> {
  const { stdout } = child;
  if (!stdout || stdout.closed) return;
  await Promise.race([once(stdout, 'close'), sleep(closingMs, undefined, { ref: false })]);
  stdout.destroy();
}
