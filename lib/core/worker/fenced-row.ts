import type { JobRow } from '#contracts/job-row.ts';
import type { WorkerSession } from '#contracts/worker-protocol.ts';
import { jobNotFound } from '#core/jobs/change-job.ts';
import type { Deps } from '#core/ports/core-deps.ts';
import { requireFence } from './fence.ts';

/**
 * The row of the worker that calls.
 *
 * @throws AppError `not_found`, `stale_attempt`, `job_stopping`, `forbidden`
 */
export async function fencedRow(
  deps: Deps<'store' | 'digest'>,
  session: Pick<WorkerSession, 'jobId' | 'attempt' | 'session'>,
): Promise<JobRow> {
  const row = await deps.store.get(session.jobId);
  if (!row) throw jobNotFound(session.jobId);
  requireFence(deps.digest, row, session);
  return row;
}
