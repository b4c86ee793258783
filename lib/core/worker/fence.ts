import { AppError } from '#contracts/errors.ts';
import type { JobRow } from '#contracts/job-row.ts';
import type { WorkerSession } from '#contracts/worker-protocol.ts';
import type { Digest } from '#core/ports/system.ts';

/**
 * Every call of a worker passes here: it must come from the attempt that the row is at, by the instance that
 * started it, while the job runs.
 *
 * @throws AppError `stale_attempt`, `job_stopping`, `forbidden`
 */
export function requireFence(digest: Digest, row: JobRow, session: WorkerSession): void {
  if (row.attempt !== session.attempt) throw staleAttempt(row, session.attempt);
  if (row.sessionSha256 !== undefined && row.sessionSha256 !== digest.sha256(session.session)) {
    throw new AppError(
      'forbidden',
      `this session does not belong to attempt ${session.attempt} of job ${row.id}`,
    );
  }
  if (row.status === 'STOPPING') throw jobStopping(row);
  if (row.status !== 'RUNNING' || row.sessionSha256 === undefined) throw staleAttempt(row, session.attempt);
}

export function holdsFence(digest: Digest, row: JobRow, session: WorkerSession): boolean {
  const { status, attempt, sessionSha256 } = row;
  return (
    status === 'RUNNING' && attempt === session.attempt && sessionSha256 === digest.sha256(session.session)
  );
}

export function staleAttempt(row: JobRow, attempt: number): AppError {
  return new AppError(
    'stale_attempt',
    `job ${row.id} is ${row.status} at attempt ${row.attempt}; attempt ${attempt} has no say any more`,
  );
}

export function jobStopping(row: JobRow): AppError {
  return new AppError('job_stopping', `job ${row.id} is being stopped (${row.stopCause ?? 'stop'})`);
}
