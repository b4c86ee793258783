import { AppError } from '#contracts/errors.ts';
import type { FinishRequest, TurnRequest } from '#contracts/worker-protocol.ts';
import type { CoreDeps } from '#core/ports/core-deps.ts';
import { finishAttempt } from '#core/worker/finish-attempt.ts';
import { heartbeat } from '#core/worker/heartbeat.ts';
import { addressUploads, recordEvents } from '#core/worker/report.ts';
import { startAttempt } from '#core/worker/start-attempt.ts';
import { turn } from '#core/worker/turn.ts';
import type { SimTask } from './sim-task.ts';
import type { World } from './world.ts';

const functionTimeoutMs = 25_000;
const tries = 6;

/** The worker's side of the protocol: each call over the network into a function of its own, tried again. */
export class SimControl {
  readonly #world: World;
  readonly #task: SimTask;

  constructor(world: World, task: SimTask) {
    this.#world = world;
    this.#task = task;
  }

  start() {
    const { jobId, attempt, ticket, instance } = this.#task;
    const request = { protocolVersion: 2, jobId, attempt, ticket, instance } as const;
    return this.#persist('start', (deps) => startAttempt(deps, request));
  }

  heartbeat() {
    return this.#call('heartbeat', (deps) => heartbeat(deps, this.#session));
  }

  turn(request: Omit<TurnRequest, keyof SimControl['session']>) {
    return this.#persist('turn', (deps) => turn(deps, { ...this.#session, ...request }));
  }

  events(firstSeq: number) {
    const events = [{ type: 'note' as const, atMs: this.#world.nowMs, message: 'at work' }];
    return this.#call('events', (deps) => recordEvents(deps, { ...this.#session, firstSeq, events }));
  }

  async upload(name: string, body: string, content: { sha256: string; bytes: number }): Promise<void> {
    const files = [{ name, ...content }];
    const reply = await this.#persist('uploads', (deps) => addressUploads(deps, { ...this.#session, files }));
    const [target] = reply.files;
    if (!target) throw new Error('no address');
    const { actor } = this.#task;
    await this.#again(() =>
      this.#world.network.request(actor, 'objects.putTo', async () =>
        this.#world.as(actor, () => this.#world.objects.putTo(target, body)),
      ),
    );
  }

  finish(request: FinishRequest) {
    return this.#persist('finish', (deps) => finishAttempt(deps, request));
  }

  get session() {
    return this.#session;
  }

  get #session() {
    const { jobId, attempt, session } = this.#task;
    return { jobId, attempt, session };
  }

  #persist<T>(name: string, work: (deps: CoreDeps) => Promise<T>): Promise<T> {
    return this.#again(() => this.#call(name, work));
  }

  #call<T>(name: string, work: (deps: CoreDeps) => Promise<T>): Promise<T> {
    const { actor, claimant, jobId, attempt } = this.#task;
    return this.#world.network.request(actor, `control.${name}`, () =>
      this.#world.runFunction('worker-api', `${name} ${jobId}/${attempt}`, functionTimeoutMs, work, claimant),
    );
  }

  /** Every call of the protocol is repeatable, so whatever is not a clear refusal is sent again. */
  async #again<T>(send: () => Promise<T>): Promise<T> {
    for (let failures = 1; ; failures++) {
      try {
        return await send();
      } catch (error) {
        const isClear = error instanceof AppError && !error.retryable;
        if (isClear || failures >= tries) throw error;
        await this.#world.sleep(this.#task.actor, this.#world.chance.int(200, 4_000) * failures);
      }
    }
  }
}
