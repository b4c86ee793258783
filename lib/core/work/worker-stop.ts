import { AppError } from '#contracts/errors.ts';
import type { WorkerTime } from '../ports/worker.ts';

/**
 * Why a worker stops before its work is done:
 * - `interrupted`: the machine is taken away (SIGTERM). The lease is given back.
 * - `told`: the control plane wants it gone (cancel, timeout).
 * - `fenced`: the attempt is somebody else's by now.
 * - `lease_ending`: heartbeats go unanswered, and somebody else may soon start over.
 * - `time_up`: the attempt's own time is used up; the control plane decides what that means.
 */
export const stopCauses = ['interrupted', 'told', 'fenced', 'lease_ending', 'time_up'] as const;
export type WorkerStopCause = (typeof stopCauses)[number];

/** ECS sends SIGKILL 120 s after SIGTERM, so everything is said within 90. */
export const interruptGraceMs = 90_000;

/** The one owner of stop. The first cause counts; a later one may only silence a worker that still talks. */
export class WorkerStop {
  readonly #work = new AbortController();
  readonly #talk = new AbortController();
  readonly #time: WorkerTime;
  #cause: WorkerStopCause | undefined;

  constructor(time: WorkerTime) {
    this.#time = time;
  }

  /** Aborts with every cause: the work itself. */
  get work(): AbortSignal {
    return this.#work.signal;
  }

  /** Aborts when nothing may be said any more: at once, or for `interrupted` after the grace of 90 s. */
  get talk(): AbortSignal {
    return this.#talk.signal;
  }

  get cause(): WorkerStopCause | undefined {
    return this.#cause;
  }

  request(cause: WorkerStopCause): void {
    const reason = new AppError('interrupted', `The worker stops: ${cause}`);
    if (cause !== 'interrupted') this.#silence(cause, reason);
    else if (this.#cause === undefined) this.#startGrace(reason);
    this.#work.abort(reason);
  }

  #silence(cause: WorkerStopCause, reason: AppError): void {
    if (this.#cause === undefined || this.#cause === 'interrupted') this.#cause = cause;
    this.#talk.abort(reason);
  }

  #startGrace(reason: AppError): void {
    this.#cause = 'interrupted';
    this.#time.sleep(interruptGraceMs, this.talk).then(
      () => this.#talk.abort(reason),
      () => undefined,
    );
  }
}
