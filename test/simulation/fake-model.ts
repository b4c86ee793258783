import type { TokenUsage } from '#contracts/usage.ts';
import type { Actor } from './actor.ts';
import type { World } from './world.ts';

export interface ModelCall {
  jobId: string;
  /** The reservation that paid for it: `<attempt>/<conversation>/<turn>`. */
  key: string;
  usage: TokenUsage;
}

/** A model that only counts: every call that reaches it has cost its money, whether or not the answer arrives. */
export class FakeModel {
  readonly calls: ModelCall[] = [];
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  ask(
    actor: Actor,
    jobId: string,
    key: string,
    most: { input: number; output: number },
  ): Promise<TokenUsage> {
    const world = this.#world;
    return world.network.request(actor, `model ${key}`, async () => {
      if (world.faults.fires('model.error', world.nowMs, key)) throw new Error('the model is overloaded');
      const usage = {
        inputTokens: world.chance.int(1, most.input),
        outputTokens: world.chance.chance(0.1) ? most.output : world.chance.int(1, most.output),
        cacheReadTokens: 0,
        cacheWriteTokens: 0,
      };
      this.calls.push({ jobId, key, usage });
      const row = world.store.rows.get(jobId);
      if (!row?.reservations.some((reservation) => reservation.key === key))
        world.journal.violate('money', `the model was called under ${key} of ${jobId} without a reservation`);
      return usage;
    });
  }
}
