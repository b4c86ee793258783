import type { CoreSettings } from '#core/ports/core-deps.ts';
import { MemoryJobStore } from '../fakes/memory-job-store.ts';
import { MemoryMonths } from '../fakes/memory-months.ts';
import { MemoryNotes } from '../fakes/memory-notes.ts';
import { MemoryObjects } from '../fakes/memory-objects.ts';
import { MemoryEventLog, MemoryExecutions, MemoryLedger, MemoryProjects } from '../fakes/memory-records.ts';
import { MemoryTeams } from '../fakes/memory-run-deps.ts';
import { MemoryRunStore } from '../fakes/memory-run-store.ts';
import { MemorySchedules } from '../fakes/memory-schedules.ts';
import { MemorySlots } from '../fakes/memory-slots.ts';
import { MemoryWebhooks } from '../fakes/memory-webhooks.ts';
import { Actor, type ActorKind, type Claimant } from './actor.ts';
import { AgentWatch } from './agent-watch.ts';
import { Ecs } from './ecs.ts';
import { FakeModel } from './fake-model.ts';
import { Faults } from './faults.ts';
import { Journal } from './journal.ts';
import { Lambda } from './lambda.ts';
import type { Mutant } from './mutant.ts';
import { NetworkCalls } from './network.ts';
import { watchRows, watchSlots } from './oracles.ts';
import { PortCalls } from './port-calls.ts';
import { RhythmOracle } from './rhythm-oracle.ts';
import { ampleMoney } from './rhythm-scenario.ts';
import { Rng } from './rng.ts';
import { watchRuns } from './run-oracles.ts';
import { makeSettings } from './scenario.ts';
import { Scheduler } from './scheduler.ts';
import type { SimAlarms } from './schedules/sim-alarms.ts';
import type { TickOracle } from './schedules/tick-oracle.ts';
import { makeDeps, type SimDeps } from './sim-deps.ts';
import { SimQueue } from './sim-queue.ts';
import { States } from './states.ts';

export interface WorldOptions {
  seed: number;
  /** Injections, or whole kinds of them, that are left out of the run. */
  left?: ReadonlySet<string>;
  mutant?: Mutant | undefined;
  isTraced?: boolean;
  /** Agents in every seed; otherwise in one of four. */
  isAllAgents?: boolean | undefined;
  /** Instead of jobs, a run of a team through its cycles. */
  isRun?: boolean | undefined;
  /** A run that goes on by its cadence for a day, without a person. */
  isRhythm?: boolean | undefined;
  /** Schedules, and nobody who works on what they start. */
  isSchedules?: boolean | undefined;
  /** When the world's time begins. Default: some day in November 2026. */
  startMs?: number | undefined;
}

/** Everything outside of the core, for one seed: time, chance, what is stored, what runs, and what goes wrong. */
export class World {
  readonly seed: number;
  readonly scheduler: Scheduler;
  readonly faults: Faults;
  readonly chance: Rng;
  readonly journal: Journal;
  readonly settings: CoreSettings;
  /** Workers start on Spot first. */
  readonly spot: boolean;
  readonly mutant: Mutant | undefined;
  readonly store: MemoryJobStore;
  readonly slots: MemorySlots;
  readonly months: MemoryMonths;
  /** What jobs kept of their grants when they gave back the rest, by project and month. */
  readonly keptMicroUsd = new Map<string, number>();
  readonly ledger = new MemoryLedger();
  readonly executions = new MemoryExecutions();
  readonly events = new MemoryEventLog();
  readonly projects = new MemoryProjects();
  readonly notes = new MemoryNotes();
  readonly webhooks = new MemoryWebhooks();
  readonly objects = new MemoryObjects();
  readonly runs: MemoryRunStore;
  readonly schedules: MemorySchedules;
  /** Set where there are schedules. */
  ticks: TickOracle | undefined;
  /** Whether who makes schedules may use their projects. */
  hasRights = true;
  /** Set where there are schedules. */
  alarms: SimAlarms | undefined;
  /** When the alarm is over that cycles wait for. */
  alarmOverAtMs = Number.POSITIVE_INFINITY;
  readonly states: States;
  readonly teams = new MemoryTeams();
  readonly people = { announce: async () => undefined };
  readonly isRun: boolean;
  readonly rhythm: RhythmOracle | undefined;
  /** When a run was told to stop, or ended. */
  readonly stoppedAtMs = new Map<string, number>();
  /** Jobs that were charged while, or after, their cycle was closed. */
  readonly lateSpending = new Set<string>();
  /** What clients of runs were told. */
  readonly startedRuns = new Set<string>();
  readonly stopAccepted = new Set<string>();
  readonly decisions: { gate: string; status: 'APPROVED' | 'REJECTED'; by: string }[] = [];
  readonly queue: SimQueue;
  readonly ecs: Ecs;
  readonly lambda: Lambda;
  readonly model: FakeModel;
  readonly agents: AgentWatch;
  readonly ports: PortCalls;
  readonly network: NetworkCalls;
  /** Whose operation is being done at this very moment. */
  writer: Actor | undefined;
  #actors = 0;

  constructor({
    seed,
    left,
    mutant,
    isTraced = false,
    isRun = false,
    isRhythm = false,
    ...more
  }: WorldOptions) {
    this.isRun = isRun || isRhythm;
    this.rhythm = isRhythm ? new RhythmOracle(this) : undefined;
    this.seed = seed;
    this.mutant = mutant;
    this.chance = new Rng(seed, 'world');
    const isMonthEnd = this.chance.chance(0.2);
    const startMs = Date.parse(isMonthEnd ? '2026-11-30T23:55:00Z' : '2026-11-15T12:00:00Z');
    this.scheduler = new Scheduler(more.startMs ?? startMs);
    this.faults = new Faults(seed, left);
    this.settings = {
      ...makeSettings(new Rng(seed, 'settings')),
      ...((isRhythm || more.isSchedules) && ampleMoney),
    };
    this.spot = new Rng(seed, 'spot').chance(0.5);
    this.journal = new Journal(this, isTraced);
    const isLagging = this.faults.fires('index.queued-and-due-lag', this.nowMs, 'table');
    const lagging = {
      timings: this.settings.timings,
      nowMs: () => this.nowMs,
      indexLagMs: () => (isLagging && !this.faults.isHealed ? this.chance.int(0, 40_000) : 0),
    };
    const { isSchedules = false } = more;
    this.store = new MemoryJobStore({
      ...lagging,
      onWrite: isSchedules ? (before, after) => this.ticks?.seeJob(before, after) : watchRows(this),
    });
    this.runs = new MemoryRunStore({
      ...lagging,
      ...(isSchedules ? { onRun: (before, after) => this.ticks?.seeRun(before, after) } : watchRuns(this)),
    });
    this.schedules = new MemorySchedules({
      ...lagging,
      onWrite: (before, after) => this.ticks?.see(before, after),
    });
    this.states = new States(this);
    this.slots = new MemorySlots({ onChange: watchSlots(this) });
    this.months = new MemoryMonths({
      onReturn: ({ project, month }, kept) => {
        const key = `${project} ${month}`;
        this.keptMicroUsd.set(key, (this.keptMicroUsd.get(key) ?? 0) + kept);
      },
    });
    this.queue = new SimQueue(this);
    this.ecs = new Ecs(this);
    this.lambda = new Lambda(this);
    this.model = new FakeModel(this);
    this.agents = new AgentWatch(this);
    this.ports = new PortCalls(this);
    this.network = new NetworkCalls(this);
  }

  get nowMs(): number {
    return this.scheduler.nowMs;
  }

  /** Does something on behalf of an actor, so that oracles know whose write they see. */
  as<T>(actor: Actor, work: () => T): T {
    this.writer = actor;
    try {
      return work();
    } finally {
      this.writer = undefined;
    }
  }

  newActor(kind: ActorKind, what: string, claimant?: Claimant): Actor {
    this.#actors += 1;
    const actor = new Actor(`${kind}-${this.#actors}(${what})`, kind, claimant);
    if (this.faults.fires('clock.skewed', this.nowMs, actor.name))
      actor.clockSkewMs = this.faults.stream('clock.skewed').int(-2_000, 2_000);
    return actor;
  }

  /** Resolves in virtual time; never for a dead actor, and late for one that stands still. */
  sleep(actor: Actor, ms: number): Promise<void> {
    return new Promise((resolve) => this.scheduler.after(ms, () => this.answer(actor, resolve)));
  }

  /** Hands a reply to an actor, once it can hear it. */
  answer(actor: Actor, hear: () => void): boolean {
    if (!actor.isAlive) return false;
    const pauseMs = actor.pausedUntilMs - this.nowMs;
    if (pauseMs > 0) {
      this.scheduler.after(pauseMs, () => this.answer(actor, hear));
      return false;
    }
    hear();
    return true;
  }

  kill(actor: Actor): void {
    if (!actor.isAlive) return;
    actor.isAlive = false;
    actor.onDeath?.();
  }

  /** Every port of the core as this actor has it: each call takes time and may fail. */
  depsFor(actor: Actor): SimDeps {
    const deps = makeDeps(this, actor);
    return this.mutant?.deps?.(deps, { world: this, actor }) ?? deps;
  }

  /** Runs a function of the control plane in a process of its own, which is over at its timeout. */
  runFunction<T>(
    kind: ActorKind,
    what: string,
    timeoutMs: number,
    work: (deps: SimDeps, actor: Actor) => Promise<T>,
    claimant?: Claimant,
  ): Promise<T> {
    const actor = this.newActor(kind, what, claimant);
    return new Promise((resolve, reject) => {
      const giveUp = (why: string) => {
        actor.isAlive = false;
        reject(new Error(why));
      };
      actor.onDeath = () => giveUp(`${actor.name} crashed`);
      this.scheduler.after(timeoutMs, () => {
        if (!actor.isAlive) return false;
        giveUp(`${actor.name} timed out`);
        return true;
      });
      const done = (settle: () => void) => {
        if (!actor.isAlive) return;
        actor.isAlive = false;
        settle();
      };
      work(this.depsFor(actor), actor).then(
        (value) => done(() => resolve(value)),
        (error: unknown) => done(() => reject(error)),
      );
    });
  }
}
