import type { WakeMessage } from '#contracts/wake-message.ts';
import { dispatch } from '#core/dispatch/dispatch.ts';
import type { Queue } from '#core/ports/queue.ts';
import type { FaultKind } from './faults.ts';
import type { World } from './world.ts';

const dispatcherTimeoutMs = 30_000;
const visibilityMs = 180_000;
const maxReceives = 5;
/** As the event source of the dispatcher has it. */
const maxConcurrency = 2;

/** SQS and the dispatchers that read it: at least once, in any order, and now and then not at all. */
export class SimQueue implements Queue {
  deadLetters = 0;
  #running = 0;
  readonly #waiting: { message: WakeMessage; receives: number }[] = [];
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  async send(message: WakeMessage, delaySeconds = 0): Promise<void> {
    const { faults, nowMs, chance } = this.#world;
    const fires = (kind: FaultKind) => faults.fires(kind, nowMs, `queue ${message.jobId ?? ''}`);
    if (fires('queue.lost')) return;
    const lateMs = fires('queue.late') ? faults.stream('queue.late').int(5_000, 200_000) : 0;
    this.#arrive(message, 0, delaySeconds * 1000 + lateMs + chance.int(5, 300));
    if (fires('queue.doubled'))
      this.#arrive(message, 0, delaySeconds * 1000 + faults.stream('queue.doubled').int(5, 60_000));
  }

  #arrive(message: WakeMessage, receives: number, delayMs: number): void {
    this.#world.scheduler.after(delayMs, () => {
      this.#waiting.push({ message, receives });
      return this.#serve();
    });
  }

  #serve(): boolean {
    if (this.#running >= maxConcurrency) return false;
    const next = this.#waiting.shift();
    if (!next) return false;
    const { message } = next;
    const receives = next.receives + 1;
    this.#running += 1;
    const work = this.#world.runFunction('dispatcher', message.jobId ?? 'any', dispatcherTimeoutMs, (deps) =>
      dispatch(deps, message),
    );
    const goOn = () => {
      this.#running -= 1;
      this.#serve();
    };
    work.then(goOn, () => {
      if (receives >= maxReceives) this.deadLetters += 1;
      else this.#arrive(message, receives, visibilityMs);
      goOn();
    });
    return true;
  }
}
