import { AppError } from '#contracts/errors.ts';
import type { ScheduleRow, StartedWork } from '#contracts/schedule.ts';
import { cancelJob } from '#core/jobs/cancel-job.ts';
import { changeRow } from '#core/runs/change-row.ts';
import { stopRun } from '#core/runs/stop-run.ts';
import { advance } from './advance.ts';
import { lookAround, ownerOf, stillRings, stillRuns } from './look-around.ts';
import type { ScheduleDeps } from './schedule-deps.ts';
import { scheduleDueAtMs } from './schedule-indexes.ts';
import { startTick } from './start-tick.ts';

/** Steps of one call. What is left then is still due. */
const rounds = 40;

/**
 * Brings a schedule forward whose time has come. However many do it at once, however often, and wherever they die:
 *
 *   A: reads v7, tick 09:00 due        B: reads v7, tick 09:00 due
 *   A: writes v8 (09:00 starting,      B: writes v8: refused, v7 is gone; reads v8:
 *      next 10:00)                        nothing is due before A's lease ends
 *   A: starts, key of 09:00
 *   A: dies                            B: after the lease: writes v9 (starting, try 2),
 *                                         starts, same key: finds A's; writes v10 (started)
 */
export async function fireSchedule(deps: ScheduleDeps, id: string): Promise<ScheduleRow | undefined> {
  let row = await deps.schedules.get(id);
  for (let round = 0; row && isDue(row, deps.clock.nowMs()) && round < rounds; round++) {
    await step(deps, row);
    row = await deps.schedules.get(id);
  }
  return row;
}

function isDue(row: ScheduleRow, nowMs: number): boolean {
  const dueAtMs = scheduleDueAtMs(row);
  return dueAtMs !== undefined && dueAtMs <= nowMs;
}

async function step(deps: ScheduleDeps, row: ScheduleRow): Promise<void> {
  const around = { ...(await lookAround(deps, row)), isRinging: await stillRings(deps, row) };
  const nowMs = deps.clock.nowMs();
  const rules = { calendar: deps.calendar, timings: deps.settings.timings };
  await take(deps, row, advance(rules, row, around, nowMs), nowMs);
}

/**
 * Writes a decision under the condition that nobody wrote since it was made, and does what follows from it. False
 * where somebody did: it has to be made again.
 */
export async function take(
  deps: ScheduleDeps,
  before: ScheduleRow,
  decided: ScheduleRow,
  nowMs: number,
): Promise<boolean> {
  const row = { ...decided, version: before.version + 1, updatedAtMs: nowMs };
  if (!(await deps.schedules.replace(row))) return false;
  tell(deps, before, row);
  const { pending } = row;
  const isBegun = pending?.id !== before.pending?.id || pending?.tries !== before.pending?.tries;
  if (pending?.state === 'starting' && isBegun) await startTick(deps, row, pending);
  else if (pending?.state === 'waiting' && row.overlap === 'replace' && row.active)
    await makeRoom(deps, row, row.active);
  return true;
}

function tell(
  { log, metrics }: ScheduleDeps,
  before: ScheduleRow,
  { id, counts, recent }: ScheduleRow,
): void {
  const missed = counts.missed - before.counts.missed;
  if (missed > 0) metrics.count('TicksMissed', missed);
  for (const tick of recent.filter((each) => !before.recent.some(({ id: known }) => known === each.id)))
    log.info('tick ended', { schedule: id, ...tick, tick: tick.id });
}

/** Stops what runs; where that is over at once, the waiting tick has its turn at once. */
async function makeRoom(deps: ScheduleDeps, row: ScheduleRow, work: StartedWork): Promise<void> {
  try {
    if (work.kind === 'run') await stopRun(deps, ownerOf(row), work.id);
    else await cancelJob(deps, ownerOf(row), work.id);
  } catch (error) {
    // It ended by itself meanwhile, or will be stopped at the next look: the waiting tick is in the row.
    if (!(error instanceof AppError) || error.retryable)
      deps.log.warn('not stopped yet', { schedule: row.id, [work.kind]: work.id, reason: String(error) });
  }
  if (await stillRuns(deps, work)) return;
  await changeRow(deps.clock, deps.schedules, row.id, `schedule "${row.id}"`, (current, nowMs) =>
    current.pending?.id === row.pending?.id && current.pending?.state === 'waiting'
      ? { ...current, pending: { ...current.pending, dueAtMs: nowMs } }
      : undefined,
  );
}
