import type { Timings } from '#contracts/limits.ts';
import type { PendingTick, ScheduleRow, Tick } from '#contracts/schedule.ts';
import type { Calendar } from '#core/ports/calendar.ts';
import {
  clockTick,
  skipped,
  together,
  withNext,
  withoutHeld,
  withoutPending,
  withPending,
} from './settle.ts';
import { dueTicks } from './tick-times.ts';

/** What there is to know around a schedule when a tick is judged. */
export interface Surroundings {
  /** The kill switch is pulled. */
  isStopped: boolean;
  /** What it started last still runs. */
  isBusy: boolean;
  /** The alarm of the tick that is held still rings. */
  isRinging?: boolean;
  /** Why whoever made it may not start anything any more. */
  refusal?: string | undefined;
}

export interface AdvanceRules {
  calendar: Calendar;
  timings: Timings;
}

/**
 * The next step of a schedule that is due, as the row that is to be written: first the tick that is on its way, then
 * the one that is held, then those of the clock. A tick is claimed, skipped or missed in the same write that moves
 * `nextAtMs` behind it.
 */
export function advance(
  rules: AdvanceRules,
  row: ScheduleRow,
  around: Surroundings,
  nowMs: number,
): ScheduleRow {
  const known = around.isBusy ? row : withoutActive(row);
  if (known.pending && known.pending.dueAtMs <= nowMs)
    return advancePending(rules, known, known.pending, around, nowMs);
  if (known.held && !known.pending && (known.quietUntilMs ?? 0) <= nowMs)
    return advanceHeld(rules, known, known.held, around, nowMs);
  return claimTicks(rules, known, around, nowMs);
}

function withoutActive(row: ScheduleRow): ScheduleRow {
  const { active: _, ...rest } = row;
  return rest;
}

function advancePending(
  { timings }: AdvanceRules,
  row: ScheduleRow,
  pending: PendingTick,
  around: Surroundings,
  nowMs: number,
): ScheduleRow {
  if (pending.state === 'starting') return starting(timings, row, pending, pending.tries + 1, nowMs);
  if (around.isStopped) return skipped(withoutPending(row), pending, 'stopped', nowMs);
  if (around.refusal !== undefined)
    return skipped(withoutPending(row), pending, 'refused', nowMs, around.refusal);
  return around.isBusy ? waiting(timings, row, pending, nowMs) : starting(timings, row, pending, 1, nowMs);
}

/** The cooldown is over: what still rings has not been dealt with by the start before. */
function advanceHeld(
  { timings }: AdvanceRules,
  row: ScheduleRow,
  held: Tick,
  around: Surroundings,
  nowMs: number,
): ScheduleRow {
  const rest = withoutHeld(row);
  return around.isRinging
    ? judge(timings, rest, held, around, nowMs)
    : skipped(rest, held, 'cooldown', nowMs, 'and was over when the cooldown ended');
}

/** Of the ticks that are due the newest has its turn; what came too late is missed. */
function claimTicks(rules: AdvanceRules, row: ScheduleRow, around: Surroundings, nowMs: number): ScheduleRow {
  if (row.state !== 'active') return row;
  const { missedMs, dueMs, nextAtMs } = dueTicks(rules.calendar, row, nowMs);
  const isLast = nextAtMs === undefined || nextAtMs > nowMs;
  const newest = isLast ? dueMs.at(-1) : undefined;
  const older = isLast ? dueMs.slice(0, -1) : dueMs;
  const missed = together(row, missedMs, { outcome: 'missed' }, nowMs);
  const moved = withNext(
    together(missed, older, { outcome: 'skipped', reason: 'superseded' }, nowMs),
    nextAtMs,
  );
  return newest === undefined ? moved : judge(rules.timings, moved, clockTick(newest), around, nowMs);
}

/** What becomes of a tick whose turn it is: it is claimed, or waits, or is skipped with its reason. */
export function judge(
  timings: Timings,
  row: ScheduleRow,
  tick: Tick,
  around: Surroundings,
  nowMs: number,
): ScheduleRow {
  if (around.isStopped) return skipped(row, tick, 'stopped', nowMs);
  if (around.refusal !== undefined) return skipped(row, tick, 'refused', nowMs, around.refusal);
  const { pending, active, overlap } = row;
  if (!pending && !active) return starting(timings, row, tick, 1, nowMs);
  if (overlap === 'forbid' || pending?.state === 'starting')
    return skipped(row, tick, overlap === 'queue' ? 'queue_full' : 'overlap', nowMs, saysBusy(row));
  if (!pending) return waiting(timings, row, tick, nowMs);
  if (overlap === 'queue') return skipped(row, tick, 'queue_full', nowMs);
  return waiting(timings, skipped(withoutPending(row), pending, 'replaced', nowMs), tick, nowMs);
}

function saysBusy({ active, pending }: ScheduleRow): string | undefined {
  if (active) return `${active.kind} ${active.id} still runs`;
  return pending && `the tick of ${new Date(pending.atMs).toISOString()} is on its way`;
}

function starting(timings: Timings, row: ScheduleRow, tick: Tick, tries: number, nowMs: number): ScheduleRow {
  const dueAtMs = nowMs + timings.tickLeaseSeconds * 1000;
  return withPending(row, tick, { state: 'starting', tries, dueAtMs });
}

function waiting(timings: Timings, row: ScheduleRow, tick: Tick, nowMs: number): ScheduleRow {
  const dueAtMs = nowMs + timings.tickWaitSeconds * 1000;
  return withPending(row, tick, { state: 'waiting', tries: 0, dueAtMs });
}
