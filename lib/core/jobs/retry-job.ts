import type { Caller } from '#contracts/access.ts';
import { AppError } from '#contracts/errors.ts';
import { jobInput } from '#contracts/job-input.ts';
import type { JobRequest } from '#contracts/job-request.ts';
import type { JobRow } from '#contracts/job-row.ts';
import { toUsd } from '#contracts/usage.ts';
import { mayTouch } from '#core/access.ts';
import { jobNotFound } from './change-job.ts';
import { readNext } from './next-jobs.ts';
import { acceptJob, type SubmitDeps, type SubmitOptions, type Submitted } from './submit-job.ts';

/**
 * A new job with the ended one's input and settings (`retryOf` names it). Ended jobs never change.
 *
 * @throws AppError `not_found`, `job_not_ended`, `no_result` (its input has expired), `idempotency_key_reused`
 */
export async function retryJob(
  deps: SubmitDeps,
  caller: Caller,
  id: string,
  options: SubmitOptions,
): Promise<Submitted> {
  const row = await deps.store.get(id);
  if (!row || !mayTouch(caller, row.project)) throw jobNotFound(id);
  if (row.endedAtMs === undefined) {
    throw new AppError('job_not_ended', `job ${id} is ${row.status}; only an ended job can be retried`, {
      remedy: `wait for it, or cancel it first: muster job cancel ${id}`,
    });
  }
  const stored = await deps.objects.get(row.inputKey);
  if (stored === undefined)
    throw new AppError('no_result', `the input of job ${id} has expired`, { remedy: 'submit it anew' });
  const input = jobInput.parse(JSON.parse(stored));
  const request = { ...requestOf(row, input.payload), ...(await chainOf(deps, row)) };
  return acceptJob(deps, caller, request, input, { ...options, retryOf: id });
}

function requestOf(row: JobRow, payload: JobRequest['payload']): JobRequest {
  return {
    type: row.type,
    payload,
    project: row.project,
    priority: row.priority,
    timeoutSeconds: row.timeoutSeconds,
    deadlineSeconds: Math.round((row.deadlineAtMs - row.createdAtMs) / 1000),
    maxAttempts: row.maxAttempts,
    budgetUsd: toUsd(row.budgetMicroUsd),
    // Its parents have ended, well or not; what it needed of them is in its input.
    dependsOn: [],
    compute: row.compute,
    ...(row.callbackUrl === undefined ? {} : { callbackUrl: row.callbackUrl }),
  };
}

/** The new job has the same jobs after it, under ids of their own. */
async function chainOf(deps: SubmitDeps, row: JobRow): Promise<Pick<JobRequest, 'then'>> {
  const templates = await readNext(deps, row);
  if (templates === undefined) return {};
  return { then: [...templates] };
}
