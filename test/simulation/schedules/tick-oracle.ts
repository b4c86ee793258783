import type { JobRow } from '#contracts/job-row.ts';
import { isTerminal } from '#contracts/job-states.ts';
import type { RunRow } from '#contracts/run-row.ts';
import type { EndedTick, ScheduleRow, StartedWork } from '#contracts/schedule.ts';
import type { World } from '../world.ts';
import { type ClockStory, NaiveClock } from './naive-calendar.ts';
import type { Rhythm, ScheduleSpec } from './schedule-scenario.ts';
import { simAlarmNames } from './sim-alarms.ts';
import { liveOut, stopSoon } from './started-work.ts';

/** Clocks of functions differ by so much. */
const skewMs = 5_000;
/** Between looking and writing: a port may take half a minute, and a function has one. */
const inFlightMs = 150_000;
const graceMs = 300_000;
/** With nothing going wrong every tick has ended so long after its time, unless it waits for its turn. */
const settledMs = 600_000;
/** With nothing going wrong a tick has its turn so long after its time: the next pass, and the one after. */
const lateMs = 150_000;

/** News of an alarm are this late at most: what EventBridge takes, and Lambda's tries. */
const newsMs = 900_000;

/** A time from and until, in which something was so. */
interface Span {
  fromMs: number;
  untilMs: number;
}

/** A schedule from its making to its deletion: what has to come of it, and what came. */
interface Life {
  row: ScheduleRow;
  spec: ScheduleSpec;
  /** Every tick that its rhythm has in this world's time. */
  ticks: Map<number, ClockStory>;
  /** When it was active. */
  active: Span[];
  ended: Map<string, EndedTick>;
  alive: Set<string>;
  lastEndMs: number;
  lastBornMs: number;
  /** Ids of what its ticks have started. */
  started: Set<string>;
}

/**
 * No double start, no silent miss: reads every write of a schedule's row as a journal, and holds it against a walk
 * through the minutes that knows nothing of the code under test.
 */
export class TickOracle {
  readonly #world: World;
  readonly #untilMs: number;
  readonly #clocks = new Map<string, NaiveClock>();
  readonly #specs = new Map<string, ScheduleSpec>();
  /** By project, which is the schedule's name; the newest last. */
  readonly #lives = new Map<string, Life[]>();
  readonly #asked: { id: string; tickId: string }[] = [];
  readonly #stops: Span[] = [];
  readonly #rightsAtMs: number[] = [];
  /** When each alarm has gone off, and when nobody has heard of it. */
  readonly #rings = new Map(simAlarmNames.map((name) => [name as string, new Set<number>()]));
  readonly #unheard = new Set<string>();
  /** Whose start made it, by its id. */
  readonly #made = new Map<string, Life>();

  constructor(world: World, untilMs: number) {
    this.#world = world;
    this.#untilMs = untilMs;
  }

  expect(name: string, spec: ScheduleSpec): void {
    this.#specs.set(name, spec);
  }

  asked(id: string, tickId: string): void {
    this.#asked.push({ id, tickId });
  }

  stopping(): void {
    this.#stops.push({ fromMs: this.#world.nowMs, untilMs: Number.POSITIVE_INFINITY });
  }

  resumed(): void {
    const last = this.#stops.at(-1);
    if (last) last.untilMs = this.#world.nowMs;
  }

  rang(alarm: string): void {
    this.#rings.get(alarm)?.add(this.#world.nowMs);
  }

  /** EventBridge has lost it, or whoever was told has died of it three times. */
  unheard(alarm: string, atMs: number): void {
    this.#unheard.add(`${alarm} ${atMs}`);
  }

  rightsChanged(): void {
    this.#rightsAtMs.push(this.#world.nowMs);
  }

  /** At every write of a schedule, in the moment of its acceptance. */
  see(before: ScheduleRow | undefined, after: ScheduleRow): void {
    const isNew = before === undefined || before.createdAtMs !== after.createdAtMs;
    const life = isNew ? this.#begin(after) : this.#lifeOf(after);
    if (!isNew && before.state !== after.state) this.#turn(life, after);
    if (!isNew) this.#readEndings(life, before, after);
    if (!isNew) this.#readClaim(life, before, after);
    life.row = after;
    this.#world.journal.trace(() => `   ${after.name} ${brief(after)}`);
  }

  seeJob(before: JobRow | undefined, after: JobRow): void {
    const work = { kind: 'job' as const, id: after.id };
    if (!before) this.#born(work, after);
    else if (isTerminal(after.status)) this.#died(work);
    else if (after.status === 'STOPPING' && before.status !== 'STOPPING') stopSoon(this.#world, work);
  }

  seeRun(before: RunRow | undefined, after: RunRow): void {
    const work = { kind: 'run' as const, id: after.id };
    if (!before) this.#born(work, after);
    else if (after.endedAtMs !== undefined) this.#died(work);
    else if (after.status === 'STOPPING' && before.status !== 'STOPPING') stopSoon(this.#world, work);
  }

  /** When all has come to rest: nothing is left out, and nothing was started that no tick owns up to. */
  checkEnd(): void {
    for (const life of [...this.#lives.values()].flat()) {
      const { row, ticks, ended } = life;
      for (const [atMs] of ticks) {
        const id = iso(atMs);
        const isDue = atMs <= this.#world.nowMs - settledMs && isInside(life.active, atMs, -skewMs);
        if (isDue && !ended.has(id) && row.pending?.id !== id) this.#say(life, `the tick of ${id} was lost`);
      }
      this.#checkRings(life);
      if (row.pending && row.pending.atMs < this.#world.nowMs - settledMs && row.pending.state === 'starting')
        this.#say(life, `the tick ${row.pending.id} is still being started`);
      const isIdle = life.alive.size === 0 && life.lastEndMs < this.#world.nowMs - settledMs;
      if (row.pending?.state === 'waiting' && isIdle) this.#say(life, `${row.pending.id} waits for nothing`);
    }
    for (const [id, life] of this.#made)
      if (!life.started.has(id) && life.row.pending?.state !== 'starting')
        this.#say(life, `${id} was started, and no tick says so`);
    for (const { id, tickId } of this.#asked) {
      const lives = [...this.#lives.values()].flat().filter(({ row }) => row.id === id);
      const isKnown = lives.some(({ row, ended }) => ended.has(tickId) || row.pending?.id === tickId);
      if (!isKnown)
        this.#world.journal.violate('ticks', `${id}: the start ${tickId} was accepted and is lost`);
    }
  }

  /** Each time that its alarm went off and somebody heard of it has come to an end, and nothing is held for ever. */
  #checkRings(life: Life): void {
    const { row, active, ended } = life;
    const { nowMs } = this.#world;
    const { held, pending, startsAtMs = 0, endsAtMs = Number.POSITIVE_INFINITY } = row;
    const alarm = row.when.alarm ?? '';
    for (const atMs of this.#rings.get(alarm) ?? []) {
      const id = `alarm-${iso(atMs)}`;
      const isItsOwn = atMs >= startsAtMs && atMs <= endsAtMs && atMs < nowMs - settledMs;
      const isWatched = isInside(active, atMs, -skewMs) && isInside(active, atMs + newsMs, 0);
      const isKnown = ended.has(id) || pending?.id === id || held?.id === id;
      if (isItsOwn && isWatched && !isKnown && !this.#unheard.has(`${alarm} ${atMs}`))
        this.#say(life, `${alarm} went off at ${id}, and nothing came of it`);
    }
    if (held && !pending && Math.max(held.atMs, row.quietUntilMs ?? 0) < nowMs - settledMs)
      this.#say(life, `${held.id} is held for ever`);
  }

  #lifeOf({ project }: Pick<ScheduleRow, 'project'>): Life {
    const life = this.#lives.get(project)?.at(-1);
    if (!life) throw new Error(`there is no schedule in ${project}`);
    return life;
  }

  #begin(row: ScheduleRow): Life {
    const spec = this.#specs.get(row.name);
    if (!spec) throw new Error(`nobody has made ${row.name}`);
    const ticks = this.#ticksOf(spec.rhythm, row);
    const life: Life = {
      ...{
        row,
        spec,
        ticks,
        ended: new Map(),
        alive: new Set(),
        lastEndMs: 0,
        lastBornMs: 0,
        started: new Set(),
      },
      active: [{ fromMs: row.createdAtMs, untilMs: Number.POSITIVE_INFINITY }],
    };
    this.#lives.set(row.project, [...(this.#lives.get(row.project) ?? []), life]);
    return life;
  }

  #ticksOf(rhythm: Rhythm, row: ScheduleRow): Life['ticks'] {
    const { createdAtMs, startsAtMs, endsAtMs = Number.POSITIVE_INFINITY } = row;
    const ticks: Life['ticks'] = new Map();
    const isWanted = (atMs: number) =>
      atMs > createdAtMs && atMs >= (startsAtMs ?? 0) && atMs <= endsAtMs && atMs <= this.#untilMs;
    if ('alarm' in rhythm) return ticks;
    if ('everySeconds' in rhythm) {
      const stepMs = rhythm.everySeconds * 1000;
      for (let atMs = startsAtMs ?? createdAtMs; atMs <= this.#untilMs; atMs += stepMs)
        if (isWanted(atMs)) ticks.set(atMs, 'plain');
      return ticks;
    }
    const { timeZone, shape } = rhythm;
    const { scheduler } = this.#world;
    const clock = this.#clocks.get(timeZone) ?? new NaiveClock(timeZone, scheduler.startMs, this.#untilMs);
    this.#clocks.set(timeZone, clock);
    for (const { atMs, story } of clock.ticks(shape)) if (isWanted(atMs)) ticks.set(atMs, story);
    return ticks;
  }

  /** Paused, resumed or deleted: from the moment that the writer saw on its clock. */
  #turn(life: Life, { state, updatedAtMs }: ScheduleRow): void {
    const last = life.active.at(-1);
    if (last?.untilMs === Number.POSITIVE_INFINITY) last.untilMs = updatedAtMs;
    if (state === 'active') life.active.push({ fromMs: updatedAtMs, untilMs: Number.POSITIVE_INFINITY });
    this.#world.journal.countEnd(`schedule ${state}`);
  }

  #readEndings(life: Life, before: ScheduleRow, after: ScheduleRow): void {
    const known = JSON.stringify(before.recent.slice(0, 8));
    let fresh = 0;
    while (fresh < after.recent.length && JSON.stringify(after.recent.slice(fresh, fresh + 8)) !== known)
      fresh++;
    const sums = { started: 0, skipped: 0, missed: 0 };
    for (const ending of after.recent.slice(0, fresh).reverse()) {
      sums[ending.outcome] += ending.count;
      this.#readEnding(life, before, after, ending);
    }
    for (const outcome of ['started', 'skipped', 'missed'] as const)
      if (after.counts[outcome] - before.counts[outcome] !== sums[outcome])
        this.#say(life, `${outcome} counts ${after.counts[outcome]}, and its ticks do not`);
  }

  #readEnding(life: Life, before: ScheduleRow, after: ScheduleRow, ending: EndedTick): void {
    const { journal } = this.#world;
    journal.countEnd(`tick ${ending.outcome}${ending.reason ? ` ${ending.reason}` : ''}`);
    const times = ending.cause === 'clock' ? this.#timesOf(life, ending) : [];
    const ids = ending.cause === 'clock' ? times.map(iso) : [ending.id];
    if (ids.length !== ending.count || (ending.cause === 'clock' && ids.at(-1) !== ending.id))
      this.#say(life, `${ending.count} ticks until ${ending.id} have ended; there are ${ids.length}`);
    for (const id of ids) {
      if (life.ended.has(id)) this.#say(life, `the tick ${id} has ended a second time, ${ending.outcome}`);
      life.ended.set(id, ending);
    }
    for (const atMs of times) this.#checkTime(life, atMs, ending);
    if (ending.cause === 'alarm') this.#checkRing(life, before, ending);
    this.#checkReason(life, before, after, ending);
  }

  #timesOf({ ticks }: Life, { fromMs, atMs }: EndedTick): number[] {
    return [...ticks.keys()].filter((each) => each >= (fromMs ?? atMs) && each <= atMs);
  }

  #checkTime(life: Life, atMs: number, { outcome }: EndedTick): void {
    const { nowMs, journal, faults } = this.#world;
    const story = life.ticks.get(atMs);
    if (story && story !== 'plain') journal.countEnd(`clock ${story}`);
    if (!isInside(life.active, atMs, skewMs)) this.#say(life, `${iso(atMs)} is no tick: it was not active`);
    if (atMs > nowMs + skewMs) this.#say(life, `the tick of ${iso(atMs)} has ended before its time`);
    if (outcome !== 'missed') return;
    if (nowMs - atMs < graceMs - skewMs)
      this.#say(life, `${iso(atMs)} is said to be missed, and is not too late`);
    if (atMs > faults.healedAtMs + settledMs)
      this.#say(life, `${iso(atMs)} was missed, and nothing was wrong`);
  }

  #checkRing(life: Life, before: ScheduleRow, ending: EndedTick): void {
    const { id, atMs, outcome, reason } = ending;
    const { nowMs, journal } = this.#world;
    const say = (message: string) => this.#say(life, `${id} ${outcome} ${reason ?? ''}: ${message}`);
    journal.countEnd(`alarm ${outcome}${reason ? ` ${reason}` : ''}`);
    if (!this.#rings.get(before.when.alarm ?? '')?.has(atMs)) say('the alarm did not go off then');
    if (outcome === 'missed' && nowMs - atMs < graceMs - skewMs) say('it is not too late');
    if (reason !== 'cooldown') return;
    const isOld = atMs < life.lastBornMs + inFlightMs;
    if (before.held?.id !== id && !isOld) say('nothing was started since');
    if (before.held?.id === id && this.#hasRungOn(life)) say('it still rings');
  }

  /** For so long that whoever looked has seen it. */
  #hasRungOn({ row }: Life): boolean {
    const { isRinging, sinceMs } = this.#world.alarms?.stateOf(row.when.alarm ?? '') ?? {};
    return isRinging === true && this.#world.nowMs - (sinceMs ?? 0) > inFlightMs;
  }

  #isLongOver({ row }: Life): boolean {
    const { isRinging, sinceMs } = this.#world.alarms?.stateOf(row.when.alarm ?? '') ?? {};
    return isRinging === false && this.#world.nowMs - (sinceMs ?? 0) > inFlightMs;
  }

  /** A tick of an alarm is claimed, or held. */
  #readAlarmClaim(life: Life, before: ScheduleRow, after: ScheduleRow): void {
    const { held, pending } = after;
    const { nowMs, journal } = this.#world;
    if (held && held.id !== before.held?.id) journal.countEnd('alarm held');
    if (pending?.cause !== 'alarm' || pending.id === before.pending?.id) return;
    const say = (message: string) => this.#say(life, `the tick ${pending.id} is started ${message}`);
    const quietMs = (after.when.cooldownMinutes ?? 15) * 60_000;
    if (nowMs < life.lastBornMs + quietMs - skewMs) say('within the cooldown');
    if (pending.atMs < after.createdAtMs - skewMs) say('and went off before it was made');
    if (before.held?.id !== pending.id) return;
    journal.countEnd('alarm started after');
    if (this.#isLongOver(life)) say('although it is over');
  }

  #checkReason(life: Life, before: ScheduleRow, after: ScheduleRow, ending: EndedTick): void {
    const { reason, outcome, started, says = '' } = ending;
    const say = (message: string) => this.#say(life, `${ending.id} ${outcome} ${reason ?? ''}: ${message}`);
    if (outcome === 'started') {
      if (!started || this.#made.get(started.id) !== life) say(`there is no ${started?.id}`);
      else if (life.started.has(started.id)) say(`${started.id} is another tick's`);
      else life.started.add(started.id);
      return;
    }
    const { nowMs, faults } = this.#world;
    const wasBusy =
      life.alive.size > 0 || nowMs - life.lastEndMs < inFlightMs || before.pending !== undefined;
    if ((reason === 'overlap' || reason === 'queue_full') && !wasBusy) say('nothing runs and nothing waits');
    if (reason === 'overlap' && after.overlap !== 'forbid' && !before.pending)
      say(`overlap is ${after.overlap}`);
    if (reason === 'replaced' && after.overlap !== 'replace') say(`overlap is ${after.overlap}`);
    if (reason === 'stopped' && !this.#wasStopped()) say('the switch was not pulled');
    if (reason === 'paused' && after.state !== 'paused') say(`it is ${after.state}`);
    if (reason === 'deleted' && after.state !== 'deleted') say(`it is ${after.state}`);
    const isGivenUp = says.startsWith('given up') && nowMs < faults.healedAtMs + settledMs;
    if (reason === 'refused' && !isGivenUp && !this.#hadNoRights()) say(`it had every right: ${says}`);
    if (reason === undefined && outcome === 'skipped') say('nobody says why');
  }

  /** A tick is claimed, or has its turn after it waited. */
  #readClaim(life: Life, before: ScheduleRow, after: ScheduleRow): void {
    this.#readAlarmClaim(life, before, after);
    const { pending } = after;
    const isBegun = pending?.state === 'starting' && before.pending?.state !== 'starting';
    if (!pending || !isBegun) return;
    const { nowMs } = this.#world;
    const say = (message: string) => this.#say(life, `the tick ${pending.id} is started ${message}`);
    if (pending.atMs > nowMs + skewMs) say('before its time');
    if (life.ended.has(pending.id)) say('and has ended already');
    const stop = this.#stops.at(-1);
    if (stop && nowMs > stop.fromMs + inFlightMs && nowMs < stop.untilMs && this.#isPulled(nowMs))
      say('while everything is stopped');
    if (pending.cause === 'clock' && before.pending?.id !== pending.id && !life.ticks.has(pending.atMs))
      say('and is none of its rhythm');
    if (!this.#world.hasRights && this.#isRightless(nowMs)) say('without the right to');
    const isNews = before.pending?.id !== pending.id && before.held?.id !== pending.id;
    const isLate = nowMs - pending.atMs > lateMs && isNews;
    if (isLate && pending.atMs > this.#world.faults.healedAtMs + settledMs)
      say('late, and nothing was wrong');
    if (life.alive.size > 0 && nowMs - life.lastEndMs > inFlightMs)
      say(`beside ${[...life.alive].join(', ')}`);
  }

  /** Pulled for so long that whoever looked before is through. */
  #isPulled(nowMs: number): boolean {
    const { stopped } = this.#world.slots;
    return stopped !== undefined && nowMs - stopped.atMs > inFlightMs;
  }

  #isRightless(nowMs: number): boolean {
    return nowMs - (this.#rightsAtMs.at(-1) ?? 0) > inFlightMs;
  }

  #wasStopped(): boolean {
    const { nowMs } = this.#world;
    return this.#stops.some(({ fromMs, untilMs }) => fromMs <= nowMs && nowMs - untilMs < inFlightMs);
  }

  #hadNoRights(): boolean {
    const { hasRights, nowMs } = this.#world;
    return !hasRights || this.#rightsAtMs.some((atMs) => nowMs - atMs < inFlightMs);
  }

  #born(work: StartedWork, { project, createdAtMs }: JobRow | RunRow): void {
    const life = this.#lifeOf({ project });
    const { pending } = this.#world.schedules.rows.get(life.row.id) ?? {};
    if (pending?.state !== 'starting')
      this.#say(life, `${work.id} was started, and no tick has been claimed`);
    if (life.alive.size > 0) this.#say(life, `${work.id} was started beside ${[...life.alive].join(', ')}`);
    life.alive.add(work.id);
    // As everybody sees it; the write that made it may have been under way for half a minute.
    life.lastBornMs = createdAtMs;
    this.#made.set(work.id, life);
    liveOut(this.#world, work, life.spec.workSeconds);
  }

  #died({ id }: StartedWork): void {
    const life = this.#made.get(id);
    if (life?.alive.delete(id)) life.lastEndMs = this.#world.nowMs;
  }

  #say({ row }: Life, message: string): void {
    const by = this.#world.writer?.name ?? 'nobody';
    this.#world.journal.violate('ticks', `${row.name}: ${message} (by ${by})`);
  }
}

/** Inside of one of them; those within `slackMs` of an edge count as inside, or with a negative slack as outside. */
function isInside(spans: readonly Span[], atMs: number, slackMs: number): boolean {
  return spans.some(({ fromMs, untilMs }) => atMs > fromMs - slackMs && atMs <= untilMs + slackMs);
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

function brief({ version, state, nextAtMs, pending, recent: [last] }: ScheduleRow): string {
  const next = nextAtMs === undefined ? 'never' : iso(nextAtMs);
  const waits = pending ? `, ${pending.id} ${pending.state} try ${pending.tries}` : '';
  return `v${version} ${state}, next ${next}${waits}, last ${last?.id} ${last?.outcome} ${last?.reason ?? ''}`;
}
