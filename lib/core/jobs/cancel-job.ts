import type { Caller } from '#contracts/access.ts';
import { AppError } from '#contracts/errors.ts';
import type { JobRow } from '#contracts/job-row.ts';
import { isTerminal } from '#contracts/job-states.ts';
import { mayTouch } from '#core/access.ts';
import { changeJob, jobNotFound } from './change-job.ts';
import { countEnding } from './count-ending.ts';
import { type RelayDeps, relay } from './relay.ts';
import { cancel } from './transitions.ts';

/**
 * Ends a waiting job at once; one with a worker goes STOPPING and ends CANCELLED when the worker is known to
 * be gone. Cancelling again answers as before.
 *
 * @throws AppError `not_found`, `job_ended` (it ended otherwise)
 */
export async function cancelJob(deps: RelayDeps, caller: Caller, id: string): Promise<JobRow> {
  const { row, before } = await changeJob(deps, id, (row, moment) => {
    if (!mayTouch(caller, row.project)) throw jobNotFound(id);
    if (row.status === 'CANCELLED' || row.stopCause === 'cancel') return { value: undefined };
    if (isTerminal(row.status)) {
      throw new AppError('job_ended', `job ${id} has ended (${row.status}); it cannot be cancelled`);
    }
    return { next: cancel(row, moment), value: undefined };
  });
  if (row === before) return row;
  countEnding(deps, before, row);
  return relay(deps, row);
}
