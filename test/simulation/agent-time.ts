import type { WorkerTime } from '#core/ports/worker.ts';
import type { Actor } from './actor.ts';
import type { World } from './world.ts';

/** Virtual time as a worker has it. A dead one never wakes, and one that stands still wakes late. */
export function makeAgentTime(world: World, actor: Actor): WorkerTime {
  return {
    nowMs: () => world.nowMs + actor.clockSkewMs,
    random: () => world.chance.next(),
    sleep: (ms, signal) => heeding(signal, world.sleep(actor, ms)),
  };
}

/** Rejects with the signal's reason as soon as it aborts. */
export function heeding<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      work.catch(() => undefined);
      reject(signal.reason);
      return;
    }
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    const done = () => signal.removeEventListener('abort', abort);
    work.finally(done).then(resolve, reject);
  });
}
