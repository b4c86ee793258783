import type { WorkerPorts } from '../ports/worker.ts';

/** Milliseconds that a slice keeps beyond what its longest turns have taken. */
const spareMs = 1_000;

/** This worker's time, where it is sliced, against what a turn takes. */
export class Slice {
  readonly #ports: Pick<WorkerPorts, 'time' | 'sliceRemainingMs'>;
  /** Of this attempt's turns; undefined before the first. */
  #longestMs: number | undefined;

  constructor(ports: Pick<WorkerPorts, 'time' | 'sliceRemainingMs'>) {
    this.#ports = ports;
  }

  /** Does one turn, and remembers how long it took. */
  async turn<T>(work: () => Promise<T>): Promise<T> {
    const begunAtMs = this.#ports.time.nowMs();
    const done = await work();
    const tookMs = this.#ports.time.nowMs() - begunAtMs;
    this.#longestMs = Math.max(this.#longestMs ?? 0, tookMs);
    return done;
  }

  /**
   * Whether a further turn might not end within this worker's time: better to stop here than in the middle. Never
   * before the first, or a short slice would get nowhere.
   */
  isOver(): boolean {
    const remainingMs = this.#ports.sliceRemainingMs?.();
    if (remainingMs === undefined || this.#longestMs === undefined) return false;
    return remainingMs < 2 * this.#longestMs + spareMs;
  }
}
