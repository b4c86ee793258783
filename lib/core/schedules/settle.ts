import { limits } from '#contracts/limits.ts';
import type {
  EndedTick,
  PendingTick,
  ScheduleRow,
  ScheduleWhen,
  SkipReason,
  Tick,
} from '#contracts/schedule.ts';

/*
 * Each takes a row and answers the row as it is to be written: pure, so that every tick's end is one conditional
 * write together with what it follows from.
 */

type Ending = Pick<EndedTick, 'outcome'> &
  Partial<Pick<EndedTick, 'started' | 'reason' | 'says' | 'count' | 'fromMs'>>;

/** How long nothing is started after a start. */
export function cooldownMs({ cooldownMinutes = limits.alarmCooldownMinutes }: ScheduleWhen): number {
  return Math.round(cooldownMinutes * 60_000);
}

export function clockTick(atMs: number): Tick {
  return { id: new Date(atMs).toISOString(), atMs, cause: 'clock' };
}

/** Writes down how a tick, or several at once, ended. */
export function withEnding(
  row: ScheduleRow,
  { id, atMs, cause }: Tick,
  ending: Ending,
  nowMs: number,
): ScheduleRow {
  const { says, count = 1, ...rest } = ending;
  const ended: EndedTick = {
    ...{ id, atMs, cause, ...rest, count, endedAtMs: nowMs },
    ...(says === undefined ? {} : { says: says.slice(0, limits.tickSaysCharacters) }),
  };
  const counts = { ...row.counts, [ending.outcome]: row.counts[ending.outcome] + count };
  return { ...row, counts, recent: [ended, ...row.recent].slice(0, limits.recentTicks) };
}

export function skipped(
  row: ScheduleRow,
  tick: Tick,
  reason: SkipReason,
  nowMs: number,
  says?: string,
): ScheduleRow {
  const ended = withEnding(
    row,
    tick,
    { outcome: 'skipped', reason, ...(says === undefined ? {} : { says }) },
    nowMs,
  );
  return reason === 'refused' && says !== undefined
    ? { ...ended, problem: says.slice(0, limits.tickSaysCharacters) }
    : ended;
}

/** Several ticks of the clock that ended alike. */
export function together(
  row: ScheduleRow,
  ticksMs: readonly number[],
  ending: Pick<Ending, 'outcome' | 'reason'>,
  nowMs: number,
): ScheduleRow {
  const [fromMs] = ticksMs;
  const lastMs = ticksMs.at(-1);
  if (fromMs === undefined || lastMs === undefined) return row;
  const several = ticksMs.length === 1 ? {} : { count: ticksMs.length, fromMs };
  return withEnding(row, clockTick(lastMs), { ...ending, ...several }, nowMs);
}

export function withPending(row: ScheduleRow, tick: Tick, rest: Omit<PendingTick, keyof Tick>): ScheduleRow {
  const { id, atMs, cause, alarm } = tick;
  return { ...row, pending: { id, atMs, cause, ...(alarm ? { alarm } : {}), ...rest } };
}

export function withoutHeld(row: ScheduleRow): ScheduleRow {
  const { held: _, ...rest } = row;
  return rest;
}

export function withoutPending(row: ScheduleRow): ScheduleRow {
  const { pending: _, ...rest } = row;
  return rest;
}

export function withNext(row: ScheduleRow, nextAtMs: number | undefined): ScheduleRow {
  const { nextAtMs: _, ...rest } = row;
  return nextAtMs === undefined ? rest : { ...rest, nextAtMs };
}
