import { limits } from '#contracts/limits.ts';
import type { ScheduleRow, ScheduleWhen } from '#contracts/schedule.ts';
import type { Calendar } from '#core/ports/calendar.ts';

export type TickRules = Pick<ScheduleRow, 'when' | 'anchorMs' | 'startsAtMs' | 'endsAtMs'>;

/** The first tick after `afterMs`, or undefined where there is none any more. */
export function nextTickMs(calendar: Calendar, rules: TickRules, afterMs: number): number | undefined {
  const { when, anchorMs, startsAtMs = 0, endsAtMs = Number.POSITIVE_INFINITY } = rules;
  const at = nextOf(calendar, when, anchorMs, Math.max(afterMs, startsAtMs - 1));
  return at !== undefined && at <= endsAtMs ? at : undefined;
}

function nextOf(
  calendar: Calendar,
  { cron, timeZone, everySeconds }: ScheduleWhen,
  anchorMs: number,
  afterMs: number,
): number | undefined {
  if (cron !== undefined) return calendar.next({ cron, timeZone }, afterMs);
  if (everySeconds === undefined) return undefined;
  const stepMs = everySeconds * 1000;
  return anchorMs + (Math.floor((afterMs - anchorMs) / stepMs) + 1) * stepMs;
}

export function ticksAfter(calendar: Calendar, rules: TickRules, afterMs: number, most: number): number[] {
  const ticks: number[] = [];
  for (let at = nextTickMs(calendar, rules, afterMs); at !== undefined && ticks.length < most; ) {
    ticks.push(at);
    at = nextTickMs(calendar, rules, at);
  }
  return ticks;
}

export interface DueTicks {
  /** Nobody looked in time. */
  missedMs: number[];
  /** Due, and not too late. */
  dueMs: number[];
  /** The first one that is not among them. */
  nextAtMs: number | undefined;
}

/** What has come due since somebody looked last, at most so many at once. */
export function dueTicks(
  calendar: Calendar,
  row: TickRules & Pick<ScheduleRow, 'nextAtMs'>,
  nowMs: number,
): DueTicks {
  const graceFromMs = nowMs - limits.tickGraceSeconds * 1000;
  const missedMs: number[] = [];
  const dueMs: number[] = [];
  let at = row.nextAtMs;
  for (; at !== undefined && at <= nowMs && missedMs.length + dueMs.length < limits.ticksPerClaim; ) {
    (at < graceFromMs ? missedMs : dueMs).push(at);
    at = nextTickMs(calendar, row, at);
  }
  return { missedMs, dueMs, nextAtMs: at };
}
