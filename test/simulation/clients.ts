import type { Caller } from '#contracts/access.ts';
import { AppError } from '#contracts/errors.ts';
import { cancelJob } from '#core/jobs/cancel-job.ts';
import { readJob } from '#core/jobs/read-jobs.ts';
import { retryJob } from '#core/jobs/retry-job.ts';
import { type Submitted, submitJob } from '#core/jobs/submit-job.ts';
import { resumeAll, stopAll } from '#core/operations/stop-all.ts';
import type { CoreDeps } from '#core/ports/core-deps.ts';
import type { Actor } from './actor.ts';
import type { JobSpec, Scenario } from './scenario.ts';
import type { SimDeps } from './sim-deps.ts';
import type { World } from './world.ts';

const functionTimeoutMs = 25_000;
const traceparent = '00-00000000000000000000000000000000-0000000000000000-00';

export interface Acceptance {
  key: string | undefined;
  body: string;
  jobId: string;
}

/** What clients were told: the end of a run is compared with it. */
export interface Answers {
  accepted: Acceptance[];
  refusedKeys: string[];
  /** Jobs whose cancel was accepted. */
  cancelled: Set<string>;
  /** Clients that still have something to do. */
  busy: number;
}

export const caller: Caller = { arn: 'arn:aws:iam::1:role/Client', projects: '*', approver: true };

/** Lets every client of a scenario go, each in a process of its own. */
export function startClients(world: World, scenario: Scenario): Answers {
  const answers: Answers = { accepted: [], refusedKeys: [], cancelled: new Set(), busy: 0 };
  const ids: (string | undefined)[] = [];
  const run = (what: string, work: (actor: Actor) => Promise<void>) => {
    answers.busy += 1;
    const done = () => {
      answers.busy -= 1;
    };
    work(world.newActor('client', what)).then(done, (error: unknown) => {
      done();
      world.journal.violate('client', `${what} met what no client should: ${String(error)}`);
    });
  };
  scenario.jobs.forEach((spec, index) => {
    for (let double = 0; double <= spec.doubles; double++)
      run(`${spec.name}.${double}`, (actor) =>
        runJobClient({ world, answers, ids, actor }, spec, index, double),
      );
    if (spec.hasRival) run(`${spec.name}.rival`, (actor) => runRival({ world, answers, ids, actor }, spec));
  });
  const { halt } = scenario;
  if (halt) run('operator', (actor) => runOperator(world, actor, halt));
  return answers;
}

export interface ClientPlace {
  world: World;
  answers: Answers;
  ids: (string | undefined)[];
  actor: Actor;
}

async function runJobClient(place: ClientPlace, spec: JobSpec, index: number, double: number): Promise<void> {
  const { world, answers, ids, actor } = place;
  const apartMs = world.chance.chance(0.5) ? 30 : 2_000;
  await world.sleep(actor, spec.submitAfterMs + double * world.chance.int(0, apartMs));
  const dependsOn = await parentsOf(place, spec);
  if (!dependsOn) {
    ids[index] = 'refused';
    return;
  }
  const body = dependsOn.length > 0 ? { ...spec.body, dependsOn } : spec.body;
  const id = await submit(place, spec.key, body, (deps, options) => submitJob(deps, caller, body, options));
  ids[index] ??= id ?? 'refused';
  if (!id || double > 0) return;
  if (spec.cancelAfterMs !== undefined) {
    await world.sleep(actor, spec.cancelAfterMs);
    const row = await persist(place, 'cancel', (deps) => cancelJob(deps, caller, id));
    if (row) answers.cancelled.add(id);
  }
  if (!spec.isRetriedWhenEnded) return;
  await untilEnded(place, id);
  const again = { retryOf: id };
  await submit(place, `retry-${spec.name}`, again, (deps, options) => retryJob(deps, caller, id, options));
}

async function parentsOf({ world, ids, actor }: ClientPlace, spec: JobSpec): Promise<string[] | undefined> {
  while (spec.parents.some((parent) => ids[parent] === undefined)) await world.sleep(actor, 2_000);
  const found = spec.parents.map((parent) => ids[parent] ?? 'refused');
  return found.includes('refused') ? undefined : found;
}

/** Uses a key that is another one's for something else; whoever comes first keeps it. */
async function runRival(place: ClientPlace, spec: JobSpec): Promise<void> {
  await place.world.sleep(place.actor, spec.submitAfterMs + place.world.chance.int(0, 3_000));
  const body = { type: 'echo', payload: { message: 'something else' }, project: 'gamma' };
  await submit(place, spec.key, body, (deps, options) => submitJob(deps, caller, body, options));
}

async function submit(
  place: ClientPlace,
  key: string | undefined,
  body: unknown,
  send: (
    deps: CoreDeps,
    options: { idempotencyKey: string | undefined; traceparent: string },
  ) => Promise<Submitted>,
): Promise<string | undefined> {
  const submitted = await persist(place, `submit ${key ?? ''}`, (deps) =>
    send(deps, { idempotencyKey: key, traceparent }),
  );
  if (submitted) place.answers.accepted.push({ key, body: JSON.stringify(body), jobId: submitted.row.id });
  else if (key) place.answers.refusedKeys.push(key);
  return submitted?.row.id;
}

async function untilEnded(place: ClientPlace, id: string): Promise<void> {
  for (;;) {
    await place.world.sleep(place.actor, 45_000);
    const row = await persist(place, 'read', (deps) => readJob(deps, caller, id));
    if (row?.endedAtMs !== undefined) return;
  }
}

/** Sends until there is an answer; undefined is a clear refusal that the client has to live with. */
export async function persist<T>(
  { world, actor }: ClientPlace,
  what: string,
  work: (deps: SimDeps) => Promise<T>,
  refusals: readonly string[] = ['job_ended', 'idempotency_key_reused'],
): Promise<T | undefined> {
  for (;;) {
    try {
      return await world.network.request(actor, `api.${what}`, () =>
        world.runFunction('api', what, functionTimeoutMs, work),
      );
    } catch (error) {
      if (error instanceof AppError && refusals.includes(error.code)) return undefined;
      if (error instanceof AppError && !error.retryable) throw error;
      await world.sleep(actor, world.chance.int(500, 5_000));
    }
  }
}

async function runOperator(world: World, actor: Actor, halt: NonNullable<Scenario['halt']>): Promise<void> {
  const place: ClientPlace = {
    world,
    answers: { accepted: [], refusedKeys: [], cancelled: new Set(), busy: 0 },
    ids: [],
    actor,
  };
  await world.sleep(actor, halt.afterMs);
  await persist(place, 'stop-all', (deps) => stopAll(deps, caller));
  await world.sleep(actor, halt.forMs);
  await persist(place, 'resume', (deps) => resumeAll(deps, caller));
}
