import { lanes } from '#contracts/lanes.ts';
import { stopGraceMs } from '#core/audit/check-invariants.ts';
import { isClaimable } from '#core/jobs/indexes.ts';
import { slotLimit } from '#core/ports/slots.ts';
import { reconcile } from '#core/reconcile/reconcile.ts';
import { reconcileRuns } from '#core/runs/reconcile-run.ts';
import { type Answers, startClients } from './clients.ts';
import type { Injection } from './faults.ts';
import { checkEnd } from './final-checks.ts';
import type { Violation } from './journal.ts';
import { makeWatcher } from './recovery-watch.ts';
import { makeRhythmScenario } from './rhythm-scenario.ts';
import { Rng } from './rng.ts';
import { startRunClients } from './run-clients.ts';
import { RunJudge } from './run-judge.ts';
import { makeRunScenario } from './run-scenario.ts';
import { makeScenario } from './scenario.ts';
import { runScheduleSeed } from './schedules/schedule-seed.ts';
import { World, type WorldOptions } from './world.ts';

export interface SeedReport {
  seed: number;
  violation: Violation | undefined;
  steps: number;
  injected: Injection[];
  transitions: Record<string, number>;
  stories: Record<string, number>;
  ends: Record<string, number>;
  outcomes: Record<string, number>;
  lines: string[];
}

/** Hundreds are usual: so many mean that somebody turns in circles. */
const stepsMax = 100_000;
/** Of a whole day: so many for each of its hours. */
const stepsMaxPerDay = 24 * 60_000;
const minuteMs = 60_000;
/** Agents take ten times as long as other jobs. */
const agentShare = 0.25;
const reconcilerTimeoutMs = 55_000;
/** A job that may be claimed while a slot is free is claimed within this many minutes, once faults have stopped. */
const idleMinutesMax = 4;
/** Three cycles with their cadence, gates that nobody decides, and an execution that nobody sees die. */
const runMsMax = 6 * 3_600_000;
const rhythmMsMax = 30 * 3_600_000;

/** One seed from its first request to the last trace of it; equal options give equal reports. */
export async function runSeed(options: WorldOptions): Promise<SeedReport> {
  const heal = options.mutant?.patch?.();
  try {
    return await (options.isSchedules ? runScheduleSeed(options) : run(options));
  } finally {
    heal?.();
  }
}

async function run(options: WorldOptions): Promise<SeedReport> {
  const world = new World(options);
  const { scenario, answers } = begin(world, options);
  world.scheduler.after(scenario.healAfterMs, () => {
    world.faults.isHealed = true;
    world.faults.healedAtMs = world.nowMs;
    world.journal.trace(() => 'from here on nothing goes wrong any more');
    return false;
  });
  const judge = new Judge(world, answers, scenario.healAfterMs);
  const everyMinute = () => {
    world.scheduler.after(minuteMs, everyMinute);
    judge.look();
    tick(world);
    return true;
  };
  world.scheduler.after(minuteMs * world.chance.next(), everyMinute);
  if (!(await world.scheduler.run(options.isRhythm ? stepsMaxPerDay : stepsMax)))
    world.journal.violate('liveness', 'the run does not come to an end');
  if (judge.isOver) await checkEnd(world, answers);
  return {
    seed: options.seed,
    violation: world.journal.violation,
    steps: world.scheduler.steps,
    injected: world.faults.injected,
    transitions: Object.fromEntries(world.journal.transitions),
    stories: Object.fromEntries(world.journal.stories),
    ends: Object.fromEntries(world.journal.ends),
    outcomes: countOutcomes(world),
    lines: world.journal.lines,
  };
}

function begin(world: World, options: WorldOptions) {
  const chance = new Rng(options.seed, 'scenario');
  if (options.isRun || options.isRhythm) {
    const scenario = options.isRhythm ? makeRhythmScenario(chance) : makeRunScenario(chance);
    if (scenario.alarmOverAfterMs !== undefined)
      world.alarmOverAtMs = world.nowMs + scenario.alarmOverAfterMs;
    return { scenario, answers: startRunClients(world, scenario) };
  }
  const scenario = makeScenario(chance, agentsOf(options));
  return { scenario, answers: startClients(world, scenario) };
}

/** A stream of its own, so that seeds without agents are what they would be anyway. */
function agentsOf({ seed, isAllAgents = false }: WorldOptions): Rng | undefined {
  const chance = new Rng(seed, 'agents');
  return chance.chance(agentShare) || isAllAgents ? chance : undefined;
}

function tick(world: World): void {
  const { faults, nowMs } = world;
  if (faults.fires('reconciler.skipped', nowMs, 'tick')) return;
  const times = faults.fires('reconciler.doubled', nowMs, 'tick') ? 2 : 1;
  const watcher = makeWatcher(world);
  for (let time = 0; time < times; time++)
    world
      .runFunction('reconciler', 'tick', reconcilerTimeoutMs, async (deps) => {
        await reconcile(deps);
        if (world.isRun) await reconcileRuns({ ...deps, watcher });
      })
      .catch(() => undefined);
}

/** Looks once a minute whether the run is over, has got stuck, or leaves somebody waiting without reason. */
class Judge {
  readonly #world: World;
  readonly #answers: Answers;
  readonly #healedAtMs: number;
  readonly #runs: RunJudge;
  /** Everything has come to rest, or was given all the time that it may take. */
  isOver = false;
  #restfulMinutes = 0;
  #idleMinutes = new Map<string, number>();

  constructor(world: World, answers: Answers, healAfterMs: number) {
    this.#world = world;
    this.#answers = answers;
    this.#healedAtMs = world.nowMs + healAfterMs;
    this.#runs = new RunJudge(world);
  }

  look(): void {
    const { nowMs, faults } = this.#world;
    if (!faults.isHealed) return;
    this.#checkQueue();
    this.#checkDeadlines();
    if (this.#world.isRun) this.#runs.look();
    this.#world.rhythm?.look();
    this.#restfulMinutes = this.#isAtRest() ? this.#restfulMinutes + 1 : 0;
    // A few minutes more, for the replies, events and zombies that are still under way.
    if (this.#restfulMinutes < 4) return;
    if (nowMs < this.#healedAtMs + 5 * minuteMs) return;
    this.#world.scheduler.halt();
    this.isOver = true;
  }

  #isAtRest(): boolean {
    const { store, slots, ecs, lambda, months, journal, nowMs, isRun } = this.#world;
    const latest = Math.max(this.#healedAtMs, ...[...store.rows.values()].map((row) => row.deadlineAtMs));
    const graceMs = Math.max(...lanes.map((lane) => stopGraceMs(this.#world.settings.timings, lane)));
    const runMs = this.#world.rhythm ? rhythmMsMax : runMsMax;
    const isOverdue = nowMs > (isRun ? this.#healedAtMs + runMs : latest + 2 * graceMs);
    if (isOverdue && this.#answers.busy > 0)
      journal.violate('liveness', 'a client is still waiting for an answer');
    if (isOverdue) return true;
    const isQuiet = [...store.rows.values()].every(
      (row) => row.endedAtMs !== undefined && Object.keys(row.outbox).length === 0,
    );
    const hasGrants = [...months.months.values()].some(({ grants }) => grants.size > 0);
    const hasProcess = [...ecs.tasks.values(), ...lambda.calls].some(
      ({ actor, isStopped }) => actor.isAlive || !isStopped,
    );
    if (isRun && !this.#runs.isAtRest) return false;
    return isQuiet && !hasGrants && !hasProcess && slots.held.size === 0 && this.#answers.busy === 0;
  }

  #checkDeadlines(): void {
    const { store, nowMs, settings, journal } = this.#world;
    for (const row of store.rows.values()) {
      const graceMs = stopGraceMs(settings.timings, row.lane);
      const untilMs = Math.max(row.deadlineAtMs, this.#healedAtMs) + graceMs;
      if (row.endedAtMs === undefined && nowMs > untilMs)
        journal.violate(
          'liveness',
          `${row.id} is ${row.status} ${Math.round((nowMs - row.deadlineAtMs) / 1000)} s after its deadline`,
        );
    }
  }

  /** A deadline ends every job some day: one that waits for it beside a free slot is lost all the same. */
  #checkQueue(): void {
    const { store, slots, settings, nowMs, journal } = this.#world;
    for (const row of store.rows.values()) {
      const { held, stopped } = slots.lanes[row.lane];
      const isFree = !stopped && held.size < slotLimit(row.lane, settings);
      const isIdle = isFree && isClaimable(row, nowMs);
      const minutes = isIdle ? (this.#idleMinutes.get(row.id) ?? 0) + 1 : 0;
      this.#idleMinutes.set(row.id, minutes);
      if (minutes > idleMinutesMax)
        journal.violate('liveness', `${row.id} has been waiting for ${minutes} minutes beside a free slot`);
    }
  }
}

function countOutcomes(world: World): Record<string, number> {
  const outcomes: Record<string, number> = {};
  for (const { status } of world.store.rows.values()) outcomes[status] = (outcomes[status] ?? 0) + 1;
  return outcomes;
}
