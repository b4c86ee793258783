import type { Cap } from '#contracts/job-view.ts';
import type { WorkerTime } from '../ports/worker.ts';
import { type Deadline, startDeadline } from './deadline.ts';

export interface Capped {
  cap: Cap;
  /** What was reached. */
  message: string;
  /** How to raise it. */
  remedy: string;
  /** What the job's error says then. Default `capped`. */
  code?: 'run_budget_exceeded';
}

/** Left of an attempt's time for handing in what there is. */
const marginMs = 60_000;

/** The two caps that come while something is under way: its signal aborts that. */
export class CapWatch {
  readonly #over = new AbortController();
  readonly #time: WorkerTime;
  readonly #idleSeconds: number;
  readonly #clock: Deadline;
  #idle: Deadline;
  #capped: Capped | undefined;

  constructor(time: WorkerTime, { remainingMs, idleSeconds }: { remainingMs: number; idleSeconds: number }) {
    this.#time = time;
    this.#idleSeconds = idleSeconds;
    const workMs = remainingMs - Math.min(marginMs, remainingMs / 4);
    this.#clock = startDeadline(time, workMs, () => this.#stop(timeOver(workMs)));
    this.#idle = this.#startIdle();
  }

  get signal(): AbortSignal {
    return this.#over.signal;
  }

  get capped(): Capped | undefined {
    return this.#capped;
  }

  /** There was an answer of the model, or a tool has ended. */
  moved(): void {
    this.#idle.cancel();
    this.#idle = this.#startIdle();
  }

  close(): void {
    this.#idle.cancel();
    this.#clock.cancel();
  }

  #startIdle(): Deadline {
    return startDeadline(this.#time, this.#idleSeconds * 1_000, () => this.#stop(idleFor(this.#idleSeconds)));
  }

  #stop(capped: Capped): void {
    this.#capped ??= capped;
    this.#over.abort(new Error(capped.message));
  }
}

function timeOver(workMs: number): Capped {
  return {
    cap: 'time',
    message: `the attempt's time was nearly used up (${Math.round(workMs / 1_000)} s of work)`,
    remedy: 'submit it again with a longer timeoutSeconds (and deadlineSeconds, if that is shorter)',
  };
}

function idleFor(seconds: number): Capped {
  return {
    cap: 'idle',
    message: `for ${seconds} s the model gave no answer and no tool ended`,
    remedy: 'submit it again with a longer idleSeconds',
  };
}
