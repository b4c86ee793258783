import type { Actor } from './actor.ts';
import type { FaultKind } from './faults.ts';
import type { World } from './world.ts';

/** After this a client takes a request as lost, although it may still arrive. */
const clientTimeoutMs = 30_000;
/** What a provider of models makes of a request that comes twice is not ours to say. */
const isOurs = /^(api|control|objects)\./;

/** Requests between processes over HTTP: lost, answered into the void, or so late that the sender has moved on. */
export class NetworkCalls {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  request<T>(actor: Actor, label: string, serve: () => Promise<T>): Promise<T> {
    const world = this.#world;
    return new Promise((resolve, reject) => {
      if (!actor.isAlive) return;
      const fires = (kind: FaultKind) => world.faults.fires(kind, world.nowMs, `${actor.name} ${label}`);
      const isLost = fires('net.lost');
      const isReplyLost = fires('net.reply-lost');
      const isDoubled = isOurs.test(label) && fires('net.doubled');
      const lateMs = fires('net.late') ? world.faults.stream('net.late').int(20_000, 240_000) : 0;
      const fail = () => reject(new Error(`${label}: the connection broke`));
      world.journal.trace(
        () =>
          `${actor.name} → ${label}${isLost ? '  !lost' : ''}${isReplyLost ? '  !reply-lost' : ''}${lateMs > 0 ? `  !${lateMs} ms late` : ''}`,
      );
      const answer = (hear: () => void) => world.answer(actor, hear);
      if (isLost) {
        world.scheduler.after(world.chance.int(100, 5_000), () => answer(fail));
        return;
      }
      if (lateMs > clientTimeoutMs) world.scheduler.after(clientTimeoutMs, () => answer(fail));
      if (isDoubled)
        world.scheduler.after(world.faults.stream('net.doubled').int(5, 60_000), () => {
          serve().catch(() => undefined);
          return true;
        });
      world.scheduler.after(lateMs + world.chance.int(5, 60), () => {
        serve().then(
          (value) => answer(isReplyLost ? fail : () => resolve(value)),
          (error: unknown) => answer(isReplyLost ? fail : () => reject(error)),
        );
        return true;
      });
    });
  }
}
