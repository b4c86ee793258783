import { reconcileRuns } from '#core/runs/reconcile-run.ts';
import { documentWith } from '../../fakes/a-team.ts';
import { Rng } from '../rng.ts';
import type { SeedReport } from '../run-seed.ts';
import { World, type WorldOptions } from '../world.ts';
import { type Client, govern, operate, ownSchedule } from './schedule-clients.ts';
import { scheduleDepsOf } from './schedule-deps.ts';
import { makeSeason } from './schedule-scenario.ts';
import { SimAlarms } from './sim-alarms.ts';
import { TickOracle } from './tick-oracle.ts';

const hourMs = 3_600_000;
const minuteMs = 60_000;
/** Virtual hours of one seed. */
export const hoursPerSeed = 100;
/** At its end nothing goes wrong any more, so that what was left has to be put right. */
const calmMs = 6 * hourMs;
const stepsMax = 2_000_000;
const reconcilerTimeoutMs = 55_000;

/** Schedules for a hundred hours; equal options give equal reports. */
export async function runScheduleSeed(options: WorldOptions): Promise<SeedReport> {
  const chance = new Rng(options.seed, 'schedules');
  const season = makeSeason(chance);
  const { startMs } = season;
  const untilMs = startMs + hoursPerSeed * hourMs;
  const world = new World({ ...options, startMs });
  const ticks = new TickOracle(world, untilMs);
  world.ticks = ticks;
  world.alarms = new SimAlarms(world);
  world.alarms.start(new Rng(options.seed, 'alarms'));
  world.teams.stored.set('small', { document: documentWith({ '/tools': [] }), origin: 'shipped' });
  startClients({ world, ticks, season }, chance);
  startReconciler(world);
  world.scheduler.after(untilMs - startMs - calmMs, () => {
    world.faults.isHealed = true;
    world.faults.healedAtMs = world.nowMs;
    world.hasRights = true;
    ticks.rightsChanged();
    return false;
  });
  world.scheduler.after(untilMs - startMs, () => {
    world.scheduler.halt();
    return false;
  });
  if (!(await world.scheduler.run(stepsMax))) world.journal.violate('liveness', 'it does not come to an end');
  else if (!world.journal.violation) ticks.checkEnd();
  const { journal, scheduler, faults } = world;
  return {
    seed: options.seed,
    violation: journal.violation,
    steps: scheduler.steps,
    injected: faults.injected,
    ...{ transitions: {}, stories: {}, outcomes: {} },
    ends: Object.fromEntries(journal.ends),
    lines: journal.lines,
  };
}

function startClients(place: Omit<Client, 'actor' | 'chance'>, chance: Rng): void {
  const { world } = place;
  const begin = (what: string, work: (client: Client) => Promise<void>) => {
    const client = { ...place, actor: world.newActor('client', what), chance: new Rng(world.seed, what) };
    work(client).catch((error: unknown) => world.journal.violate('client', `${what} met ${String(error)}`));
  };
  const schedules = chance.int(2, 5);
  for (let number = 1; number <= schedules; number++)
    begin(`schedule-${number}`, (client) => ownSchedule(client, `schedule-${number}`));
  for (const name of ['alarmed-1', 'alarmed-2'])
    begin(name, (client) => ownSchedule({ ...client, isAlarmed: true }, name));
  if (chance.chance(0.5)) begin('operator', operate);
  if (chance.chance(0.3)) begin('governor', govern);
}

/** Every minute, but not while it is out, sometimes not at all, and sometimes two at once. */
function startReconciler(world: World): void {
  const { faults, scheduler } = world;
  let isOutUntilMs = 0;
  const everyMinute = () => {
    scheduler.after(minuteMs, everyMinute);
    if (faults.fires('reconciler.outage', world.nowMs, 'tick'))
      isOutUntilMs = world.nowMs + faults.stream('reconciler.outage').int(3, 240) * minuteMs;
    if (world.nowMs < isOutUntilMs && !faults.isHealed) return false;
    if (faults.fires('reconciler.skipped', world.nowMs, 'tick')) return false;
    const times = faults.fires('reconciler.doubled', world.nowMs, 'tick') ? 2 : 1;
    for (let time = 0; time < times; time++)
      world
        .runFunction('reconciler', 'tick', reconcilerTimeoutMs, (deps, actor) =>
          reconcileRuns(scheduleDepsOf(world, actor, deps)),
        )
        .catch(() => undefined);
    return true;
  };
  scheduler.after(minuteMs * world.chance.next(), everyMinute);
}
