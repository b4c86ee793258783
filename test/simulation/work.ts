import { AppError } from '#contracts/errors.ts';
import type { FinishRequest, Settlement } from '#contracts/worker-protocol.ts';
import { fastDigest } from './fast-digest.ts';
import { writeRunResult } from './run-work.ts';
import type { SimControl } from './sim-control.ts';
import type { SimTask } from './sim-task.ts';
import type { World } from './world.ts';

export interface WorkPlace {
  world: World;
  task: SimTask;
  control: SimControl;
  reasonToStop: string | undefined;
}

export type Outcome = Pick<FinishRequest, 'outcome' | 'settle'>;

export class Stopped extends Error {
  get isForeign(): boolean {
    return this.message === 'foreign';
  }
}

/** Some of the time in small steps, so that a stop is heard. */
async function spend({ world, task, ...place }: WorkPlace, ms: number, reason: () => string | undefined) {
  for (let left = ms; left > 0; left -= 20_000) {
    await world.sleep(task.actor, Math.min(left, 20_000));
    const why = reason();
    if (why) throw new Stopped(why);
  }
  return place;
}

function workMs({ world }: WorkPlace): number {
  if (world.chance.chance(0.04)) return world.chance.int(200, 900) * 1000;
  return world.chance.int(1, 80) * 1000;
}

function mayFail({ world, task }: WorkPlace): void {
  if (world.chance.chance(0.06))
    throw new AppError('worker_error', `attempt ${task.attempt} failed`, { retryable: true });
  if (world.chance.chance(0.02)) throw new AppError('provider_refused', 'this will never work');
}

export async function echoWork(place: WorkPlace): Promise<Outcome> {
  const { world, control } = place;
  if (world.chance.chance(0.3)) await control.events(1).catch(ignoreLoss);
  await spend(place, workMs(place), () => place.reasonToStop);
  mayFail(place);
  return succeed(place);
}

const most = { input: 2_000, output: 1_000 };
const model = 'claude-sonnet-5-5';
const conversation = 'main';

/** Turns of a model: money is put aside, the model is asked, and the next call says what it cost. */
export async function chatWork(place: WorkPlace): Promise<Outcome> {
  const { world, task, control } = place;
  const turns = world.chance.int(1, 3);
  let settle: Settlement | undefined;
  for (let turn = 1; turn <= turns; turn++) {
    const reserve = { conversation, turn, model, inputTokensMax: most.input, maxTokens: most.output };
    await control.turn({ ...(settle ? { settle } : {}), reserve });
    settle = undefined;
    const key = `${task.attempt}/${conversation}/${turn}`;
    try {
      const usage = await world.model.ask(task.actor, task.jobId, key, most);
      settle = { conversation, turn, model, usage };
    } catch {
      // What it cost is unknown, so the reservation stays open; the next turn puts money aside anew.
    }
    await spend(place, world.chance.int(1, 30) * 1000, () => place.reasonToStop);
  }
  try {
    mayFail(place);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const { code, message, retryable } = error;
    return {
      ...(settle ? { settle } : {}),
      outcome: { kind: 'failed', error: { code, message, retryable } },
    };
  }
  return { ...(await succeed(place)), ...(settle ? { settle } : {}) };
}

/** What a run's jobs do: some of them ask a model once, and each leaves the document that its step reads. */
export async function runWork(place: WorkPlace): Promise<Outcome> {
  const { world, task, control } = place;
  let settle: Settlement | undefined;
  if (world.chance.chance(0.5)) {
    const reserve = { conversation, turn: 1, model, inputTokensMax: most.input, maxTokens: most.output };
    await control.turn({ reserve });
    const usage = await world.model
      .ask(task.actor, task.jobId, `${task.attempt}/${conversation}/1`, most)
      .then(
        (known) => known,
        // What it cost is unknown, so the reservation stays open.
        () => undefined,
      );
    if (usage) settle = { conversation, turn: 1, model, usage };
  }
  await spend(place, world.chance.int(1, 60) * 1000, () => place.reasonToStop);
  mayFail(place);
  return { ...(await writeRunResult(place)), ...(settle ? { settle } : {}) };
}

async function succeed(place: WorkPlace): Promise<Outcome> {
  const { world, task, control } = place;
  const body = JSON.stringify({ job: task.jobId, attempt: task.attempt, nonce: world.chance.hex(8) });
  const result = { sha256: fastDigest.sha256(body), bytes: body.length };
  await control.upload('result.json', body, result);
  return { outcome: { kind: 'succeeded', result } };
}

/** Events are for readers; a worker does not fail for want of them, except where it has lost its job. */
function ignoreLoss(error: unknown): void {
  if (error instanceof AppError && !error.retryable) throw error;
}
