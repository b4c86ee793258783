import type { Caller } from '#contracts/access.ts';
import { AppError } from '#contracts/errors.ts';
import { type ScheduleRow, type SkipReason, scheduleId } from '#contracts/schedule.ts';
import { mayTouch } from '#core/access.ts';
import { changeRow } from '#core/runs/change-row.ts';
import type { ScheduleDeps } from './schedule-deps.ts';
import { skipped, together, withNext, withoutHeld, withoutPending } from './settle.ts';
import { dueTicks, nextTickMs } from './tick-times.ts';

/** @throws AppError `not_found` also where the caller may not touch its project */
export async function requireSchedule(
  { schedules }: Pick<ScheduleDeps, 'schedules'>,
  caller: Caller,
  id: string,
): Promise<ScheduleRow> {
  const row = scheduleId.safeParse(id).success ? await schedules.get(id) : undefined;
  if (row && row.state !== 'deleted' && mayTouch(caller, row.project)) return row;
  throw new AppError('not_found', `there is no schedule "${id.slice(0, 100)}"`, {
    remedy: 'list them with: muster schedule list',
  });
}

/** No more ticks until it is resumed. What runs goes on; a start that is under way is brought to its end. */
export function pauseSchedule(deps: ScheduleDeps, caller: Caller, id: string): Promise<ScheduleRow> {
  return change(deps, caller, id, (row, nowMs) =>
    row.state === 'active' ? { ...ticksEnded(deps, row, 'paused', nowMs), state: 'paused' } : undefined,
  );
}

/** Goes on with the next tick in the future. */
export function resumeSchedule(deps: ScheduleDeps, caller: Caller, id: string): Promise<ScheduleRow> {
  return change(deps, caller, id, (row, nowMs) =>
    row.state === 'paused'
      ? { ...withNext(row, nextTickMs(deps.calendar, row, nowMs)), state: 'active' }
      : undefined,
  );
}

/** Its name is free again; what runs goes on. */
export function deleteSchedule(deps: ScheduleDeps, caller: Caller, id: string): Promise<ScheduleRow> {
  return change(deps, caller, id, (row, nowMs) => ({
    ...ticksEnded(deps, row, 'deleted', nowMs),
    state: 'deleted',
  }));
}

async function change(
  deps: ScheduleDeps,
  caller: Caller,
  id: string,
  decide: (row: ScheduleRow, nowMs: number) => ScheduleRow | undefined,
): Promise<ScheduleRow> {
  await requireSchedule(deps, caller, id);
  const { row, before } = await changeRow(
    deps.clock,
    deps.schedules,
    id,
    `schedule "${id}"`,
    (current, nowMs) => (current.state === 'deleted' ? undefined : decide(current, nowMs)),
  );
  const missed = row.counts.missed - before.counts.missed;
  if (missed > 0) deps.metrics.count('TicksMissed', missed);
  if (row !== before) deps.log.info('schedule changed', { schedule: id, state: row.state, by: caller.arn });
  return row;
}

/** Ticks that are due or wait end here and say why. One that is being started may have started: it goes on. */
function ticksEnded(
  { calendar }: Pick<ScheduleDeps, 'calendar'>,
  given: ScheduleRow,
  reason: SkipReason,
  nowMs: number,
): ScheduleRow {
  const { pending, held } = given;
  let row = pending?.state === 'waiting' ? skipped(withoutPending(given), pending, reason, nowMs) : given;
  if (held) row = skipped(withoutHeld(row), held, reason, nowMs);
  while (row.state === 'active' && row.nextAtMs !== undefined && row.nextAtMs <= nowMs) {
    const { missedMs, dueMs, nextAtMs } = dueTicks(calendar, row, nowMs);
    const missed = together(row, missedMs, { outcome: 'missed' }, nowMs);
    row = withNext(together(missed, dueMs, { outcome: 'skipped', reason }, nowMs), nextAtMs);
  }
  return withNext(row, undefined);
}
