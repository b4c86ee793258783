import type { Caller } from '#contracts/access.ts';
import { AppError } from '#contracts/errors.ts';
import type { ScheduleRow, Tick } from '#contracts/schedule.ts';
import { judge } from './advance.ts';
import { requireSchedule } from './change-schedule.ts';
import { take } from './fire-schedule.ts';
import { lookAround } from './look-around.ts';
import type { ScheduleDeps } from './schedule-deps.ts';

const rounds = 40;

/**
 * One tick outside the clock, also of a paused schedule. It is judged like any other: by the rule for overlaps, the
 * kill switch, and the rights of whoever made the schedule. The same key again is the same tick.
 *
 * @returns the schedule; its tick is `pending` or among the `recent` ones, under the id that is returned too
 * @throws AppError `not_found`, `busy`
 */
export async function startNow(
  deps: ScheduleDeps,
  caller: Caller,
  id: string,
  idempotencyKey: string | undefined,
): Promise<{ row: ScheduleRow; tickId: string }> {
  const tickId = tickIdFor(deps, caller, idempotencyKey);
  for (let round = 0; round < rounds; round++) {
    const row = await requireSchedule(deps, caller, id);
    if (row.pending?.id === tickId || row.recent.some((tick) => tick.id === tickId)) return { row, tickId };
    const around = await lookAround(deps, row);
    const nowMs = deps.clock.nowMs();
    const { active: _, ...idle } = row;
    const tick: Tick = { id: tickId, atMs: nowMs, cause: 'hand' };
    await take(
      deps,
      row,
      judge(deps.settings.timings, around.isBusy ? row : idle, tick, around, nowMs),
      nowMs,
    );
  }
  throw new AppError('busy', `schedule "${id}" is being changed by others; nothing was started`, {
    remedy: 'try again',
  });
}

function tickIdFor(deps: ScheduleDeps, caller: Caller, idempotencyKey: string | undefined): string {
  const digits =
    idempotencyKey === undefined
      ? deps.random.hex(8)
      : deps.digest.sha256(`tick\n${caller.arn}\n${idempotencyKey}`);
  return `hand-${digits.slice(0, 16)}`;
}
