import type { WorkerTime } from '../../lib/core/ports/worker.ts';

interface Sleeper {
  atMs: number;
  wake(): void;
}

/** Time that stands still until it is told to pass. Chance is always a half. */
export class FakeTime implements WorkerTime {
  /** Every sleep that was begun, in milliseconds. */
  readonly sleeps: number[] = [];
  #nowMs: number;
  #sleepers = new Set<Sleeper>();

  constructor(nowMs = 1_763_632_800_000) {
    this.#nowMs = nowMs;
  }

  nowMs = (): number => this.#nowMs;

  random = (): number => 0.5;

  sleep = (ms: number, signal: AbortSignal): Promise<void> => {
    this.sleeps.push(ms);
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const sleeper = { atMs: this.#nowMs + ms, wake: resolve };
      this.#sleepers.add(sleeper);
      signal.addEventListener('abort', () => {
        this.#sleepers.delete(sleeper);
        reject(signal.reason);
      });
    });
  };

  /** Moves the clock without waking anybody. */
  jump(ms: number): void {
    this.#nowMs += ms;
  }

  /** Lets so much time pass, waking sleepers in their order. */
  async pass(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    for (;;) {
      await settle();
      const next = [...this.#sleepers].sort((a, b) => a.atMs - b.atMs)[0];
      if (!next || next.atMs > endMs) break;
      this.#sleepers.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.wake();
    }
    this.#nowMs = endMs;
    await settle();
  }
}

/** Time in which sleeps of less than 5 s are over at once. Longer ones are deadlines, which never come. */
export class HastyTime implements WorkerTime {
  readonly sleeps: number[] = [];
  #nowMs = 1_763_632_800_000;

  nowMs = (): number => this.#nowMs;

  random = (): number => 0.5;

  sleep = async (ms: number, signal: AbortSignal): Promise<void> => {
    signal.throwIfAborted();
    this.sleeps.push(ms);
    if (ms >= 5_000)
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    this.#nowMs += ms;
    await settle();
    signal.throwIfAborted();
  };
}

/** Lets everything run that is ready to. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i += 1) await Promise.resolve();
}
