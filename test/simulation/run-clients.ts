import type { Caller } from '#contracts/access.ts';
import type { GateRow } from '#contracts/gate.ts';
import { isTerminal } from '#contracts/job-states.ts';
import { cancelJob } from '#core/jobs/cancel-job.ts';
import { decideGate } from '#core/runs/decide-gate.ts';
import { startRun } from '#core/runs/start-run.ts';
import { stopRun } from '#core/runs/stop-run.ts';
import type { Actor } from './actor.ts';
import { type Answers, type ClientPlace, caller, persist } from './clients.ts';
import type { RunScenario } from './run-scenario.ts';
import type { World } from './world.ts';

const traceparent = '00-00000000000000000000000000000000-0000000000000000-00';
const people: Caller[] = ['Ana', 'Ben'].map((name) => ({ ...caller, arn: `arn:aws:iam::1:role/${name}` }));
const otherDigest = 'f'.repeat(64);

/** Who starts the run, who decides, who stops, and who cancels one of its jobs. */
export function startRunClients(world: World, scenario: RunScenario): Answers {
  const answers: Answers = { accepted: [], refusedKeys: [], cancelled: new Set(), busy: 0 };
  world.teams.stored.set('small', { document: scenario.team, origin: 'shipped' });
  const begin = (what: string, work: (place: ClientPlace) => Promise<void>) => {
    answers.busy += 1;
    const actor: Actor = world.newActor('client', what);
    const done = () => {
      answers.busy -= 1;
    };
    work({ world, answers, ids: [], actor }).then(done, (error: unknown) => {
      done();
      world.journal.violate('client', `${what} met what no client should: ${String(error)}`);
    });
  };
  for (let double = 0; double <= scenario.doubles; double++)
    begin(`run.${double}`, (place) => start(place, scenario));
  for (const person of scenario.isUnattended ? [] : people)
    begin('person', (place) => decideAll(place, scenario, person));
  const { stopAfterMs, cancelAfterMs } = scenario;
  if (stopAfterMs !== undefined) begin('stopper', (place) => stop(place, stopAfterMs));
  if (cancelAfterMs !== undefined) begin('meddler', (place) => cancelOne(place, cancelAfterMs));
  return answers;
}

async function start(place: ClientPlace, { body }: RunScenario): Promise<void> {
  await place.world.sleep(place.actor, place.world.chance.int(0, 2_000));
  const options = { idempotencyKey: 'run', traceparent };
  const started = await persist(place, 'start', (deps) => startRun(deps, caller, body, options));
  if (started) place.world.startedRuns.add(started.run.id);
}

function isOver({ runs }: World): boolean {
  const all = [...runs.runs.rows.values()];
  return all.length > 0 && all.every(({ endedAtMs }) => endedAtMs !== undefined);
}

async function decideAll(place: ClientPlace, { yesShare }: RunScenario, person: Caller): Promise<void> {
  const { world, actor } = place;
  while (!isOver(world)) {
    await world.sleep(actor, world.chance.int(20, 200) * 1000);
    for (const gate of [...world.runs.gates.rows.values()])
      if (gate.status === 'PENDING' && world.chance.chance(0.5)) {
        // Two people may look at the same page at the same time.
        const deciders = world.chance.chance(0.25) ? people : [person];
        await Promise.all(deciders.map((each) => decide(place, gate, each, yesShare)));
      }
  }
}

async function decide(place: ClientPlace, gate: GateRow, person: Caller, yesShare: number): Promise<void> {
  const { world, actor } = place;
  // Somebody leaves the page open for a while.
  if (world.chance.chance(0.15)) await world.sleep(actor, world.chance.int(10, 1_500) * 1000);
  const decision = world.chance.chance(yesShare) ? 'approve' : 'reject';
  const digest = world.chance.chance(0.1) ? otherDigest : gate.digest;
  const body = { decision, digest };
  const decided = await persist(
    place,
    `decide ${gate.id}${digest === otherDigest ? ' by another digest' : ''}`,
    (deps) => decideGate(deps, person, gate.id, body),
    ['approval_decided', 'digest_mismatch'],
  );
  if (!decided) return;
  if (digest === otherDigest) world.journal.violate('approval', `${gate.id} was decided with another digest`);
  world.decisions.push({
    gate: gate.id,
    status: decision === 'approve' ? 'APPROVED' : 'REJECTED',
    by: person.arn,
  });
}

async function stop(place: ClientPlace, afterMs: number): Promise<void> {
  const { world, actor } = place;
  await world.sleep(actor, afterMs);
  while (world.runs.runs.rows.size === 0) await world.sleep(actor, 500);
  const [id = ''] = world.runs.runs.rows.keys();
  const stopped = await persist(place, 'stop', (deps) => stopRun(deps, caller, id), ['run_ended']);
  if (stopped) world.stopAccepted.add(id);
}

/** Somebody cancels a job of a run by itself, which its cycle has to live with. */
async function cancelOne(place: ClientPlace, afterMs: number): Promise<void> {
  const { world, actor } = place;
  await world.sleep(actor, afterMs);
  const [row] = [...world.store.rows.values()].filter(({ status }) => !isTerminal(status));
  if (row) await persist(place, `cancel ${row.id}`, (deps) => cancelJob(deps, caller, row.id), ['job_ended']);
}
