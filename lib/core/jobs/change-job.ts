import { AppError } from '#contracts/errors.ts';
import type { JobRow } from '#contracts/job-row.ts';
import type { Deps } from '#core/ports/core-deps.ts';
import type { Moment } from './transitions.ts';

export type ChangeDeps = Deps<'store' | 'clock' | 'random' | 'settings'>;

/** What a decision over a row comes to: nothing to write where `next` is missing. */
export interface Decision<T> {
  next?: JobRow | undefined;
  value: T;
}

export interface Changed<T> {
  row: JobRow;
  value: T;
  /** The row as it was before; the same object as `row` where nothing was written. */
  before: JobRow;
}

/** More rounds than there are writers who could meet on one row at once. */
const rounds = 12;

export function momentOf(deps: Pick<ChangeDeps, 'clock' | 'random' | 'settings'>): Moment {
  return { nowMs: deps.clock.nowMs(), fraction: deps.random.fraction(), timings: deps.settings.timings };
}

/**
 * Reads the row, lets `decide` say what becomes of it, and writes it under the condition that nobody wrote in
 * between; on a lost race it reads and decides again. So a decision must know its own earlier write when it
 * sees it (a reply may have been lost) and answer as it did then.
 *
 * @param known the row as it was read or written a moment ago: saves the first read
 */
export async function changeJob<T>(
  deps: ChangeDeps,
  id: string,
  decide: (row: JobRow, moment: Moment) => Decision<T> | Promise<Decision<T>>,
  known?: JobRow,
): Promise<Changed<T>> {
  for (let round = 0; round < rounds; round++) {
    const before = round === 0 && known ? known : await deps.store.get(id);
    if (!before) throw jobNotFound(id);
    const moment = momentOf(deps);
    const { next, value } = await decide(before, moment);
    if (!next) return { row: before, value, before };
    const row = { ...next, version: before.version + 1, updatedAtMs: moment.nowMs };
    if (await deps.store.replace(row)) return { row, value, before };
  }
  throw new AppError('busy', `job ${id} is being changed by others; nothing was written`, {
    remedy: 'try again',
  });
}

export function jobNotFound(id: string): AppError {
  return new AppError('not_found', `there is no job "${id}"`, { remedy: 'list jobs with: muster job list' });
}
