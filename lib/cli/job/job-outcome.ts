import { AppError, errors } from '#contracts/errors.ts';
import type { JobView } from '#contracts/job-view.ts';

const endedBadly = { TIMED_OUT: 'timed_out', CANCELLED: 'cancelled', FAILED: 'worker_error' } as const;

/** 0 for a job that SUCCEEDED, otherwise the exit code of its error. */
export function outcomeExitCode(job: JobView): number {
  return job.status === 'SUCCEEDED' ? 0 : errors[outcomeCode(job)].exitCode;
}

/** The error that stands for how a job ended. */
export function outcomeError(job: JobView): AppError {
  const why = job.error?.message ?? job.statusReason;
  return new AppError(outcomeCode(job), `job ${job.id} ended ${job.status}${why ? `: ${why}` : ''}`, {
    remedy: job.error?.remedy ?? `look into its logs: muster job logs ${job.id}`,
  });
}

function outcomeCode(job: JobView) {
  if (job.error) return job.error.code;
  return job.status === 'TIMED_OUT' || job.status === 'CANCELLED'
    ? endedBadly[job.status]
    : endedBadly.FAILED;
}
