import { AppError, type ErrorCode } from '#contracts/errors.ts';
import type { ControlPlane } from '../ports/control.ts';
import type { WorkerLog, WorkerTime } from '../ports/worker.ts';
import { retryDelayMs } from '../retry.ts';
import type { WorkerStop } from './worker-stop.ts';

export const controlRetry = { baseMs: 200, capMs: 10_000 };

const fences: readonly ErrorCode[] = [
  'stale_attempt',
  'other_instance',
  'job_stopping',
  'job_ended',
  'forbidden',
  'unauthenticated',
];

/** The attempt is not this worker's any more. */
export function isFence(error: unknown): boolean {
  return error instanceof AppError && fences.includes(error.code);
}

/** Sending the same again may help. A result that does not match has to be stored again first. */
function isTransient(error: unknown): error is AppError {
  return error instanceof AppError && error.retryable && error.code !== 'result_mismatch';
}

export interface PersistOptions {
  signal: AbortSignal;
  time: WorkerTime;
  log: WorkerLog;
  /** Named in the log line of every failure. */
  what: string;
}

/**
 * Repeats `call` while its failure is retryable and `signal` has not aborted, which it does when the lease is
 * about to end. Throws the last failure, so that the reader learns what was wrong and not only that it took
 * too long.
 */
export async function persist<T>(call: () => Promise<T>, options: PersistOptions): Promise<T> {
  const { signal, time, log, what } = options;
  for (let failures = 1; ; failures += 1) {
    signal.throwIfAborted();
    try {
      return await call();
    } catch (error) {
      if (signal.aborted || !isTransient(error)) throw error;
      log('warn', `${what} failed and is tried again`, { code: error.code, error: error.message, failures });
      const waited = time.sleep(
        retryDelayMs(failures, controlRetry, () => time.random()),
        signal,
      );
      await waited.catch(() => {
        throw error;
      });
    }
  }
}

type Call = keyof ControlPlane;

/** A control plane that keeps trying, and that stops the worker when a call says that it is fenced. */
export function makeFencedControl(
  control: ControlPlane,
  stop: WorkerStop,
  time: WorkerTime,
  log: WorkerLog,
): ControlPlane {
  async function call<T>(what: Call, signal: AbortSignal, once: () => Promise<T>): Promise<T> {
    try {
      return await persist(once, { signal, time, log, what });
    } catch (error) {
      if (isFence(error)) stop.request('fenced');
      throw error;
    }
  }
  return {
    start: (request, signal) => call('start', signal, () => control.start(request, signal)),
    heartbeat: (request, signal) => call('heartbeat', signal, () => control.heartbeat(request, signal)),
    turn: (request, signal) => call('turn', signal, () => control.turn(request, signal)),
    events: (request, signal) => call('events', signal, () => control.events(request, signal)),
    uploads: (request, signal) => call('uploads', signal, () => control.uploads(request, signal)),
    artifacts: (request, signal) => call('artifacts', signal, () => control.artifacts(request, signal)),
    notes: (request, signal) => call('notes', signal, () => control.notes(request, signal)),
    credentials: (request, signal) => call('credentials', signal, () => control.credentials(request, signal)),
    finish: (request, signal) => call('finish', signal, () => control.finish(request, signal)),
  };
}
