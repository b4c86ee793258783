import type { WorkerTime } from '../ports/worker.ts';

export interface Deadline {
  /** Aborts when the time is over. */
  signal: AbortSignal;
  /** Ends the wait; the signal stays quiet from then on. */
  cancel(): void;
}

/** Calls `onOver`, then aborts `signal`, after `ms` milliseconds, unless it is cancelled before. */
export function startDeadline(time: WorkerTime, ms: number, onOver?: () => void): Deadline {
  const over = new AbortController();
  const cancelled = new AbortController();
  time.sleep(Math.max(0, ms), cancelled.signal).then(
    () => {
      onOver?.();
      over.abort(new Error(`${ms} ms are over`));
    },
    () => undefined,
  );
  return { signal: over.signal, cancel: () => cancelled.abort() };
}
