import { AppError } from '#contracts/errors.ts';
import type { JobRow } from '#contracts/job-row.ts';
import { isTerminal } from '#contracts/job-states.ts';
import { resultKey } from '#contracts/object-keys.ts';
import type { FinishRequest } from '#contracts/worker-protocol.ts';
import { changeJob } from '#core/jobs/change-job.ts';
import { countEnding } from '#core/jobs/count-ending.ts';
import { type RelayDeps, relay } from '#core/jobs/relay.ts';
import { end, fail, failAttempt, interruptAttempt, type Moment } from '#core/jobs/transitions.ts';
import { type SettleDeps, settle } from '#core/money/settle.ts';
import type { Deps } from '#core/ports/core-deps.ts';
import { requireFence } from './fence.ts';

export type FinishDeps = RelayDeps & SettleDeps & Deps<'objects'>;

/**
 * The end of an attempt, by its own worker. A success is only believed once the object is there with the size
 * and the digest that the worker names; that is read before the row is written. Repeating it answers as before.
 *
 * @throws AppError `stale_attempt`, `job_stopping`, `forbidden`, `result_mismatch`
 */
export async function finishAttempt(
  deps: FinishDeps,
  request: FinishRequest,
): Promise<{ status: JobRow['status'] }> {
  if (request.settle) await settle(deps, request, request.settle);
  const { row, before } = await changeJob(deps, request.jobId, async (row, moment) => {
    if (isOwnEnd(deps, row, request)) return { value: undefined };
    requireFence(deps.digest, row, request);
    if (request.outcome.kind === 'succeeded') await requireResult(deps, row, request.outcome.result);
    return { next: afterOutcome(row, request, moment), value: undefined };
  });
  if (row === before) return { status: row.status };
  countEnding(deps, before, row);
  await relay(deps, row);
  return { status: row.status };
}

function isOwnEnd(deps: FinishDeps, row: JobRow, request: FinishRequest): boolean {
  return (
    isTerminal(row.status) &&
    row.attempt === request.attempt &&
    row.sessionSha256 === deps.digest.sha256(request.session)
  );
}

async function requireResult(
  deps: FinishDeps,
  row: JobRow,
  result: { sha256: string; bytes: number },
): Promise<void> {
  const head = await deps.objects.head(resultKey(row.project, row.id, row.attempt));
  if (head?.sha256 === result.sha256 && head.bytes === result.bytes) return;
  const seen = head ? `${head.bytes} bytes with SHA-256 ${head.sha256 ?? 'unknown'}` : 'no object';
  throw new AppError(
    'result_mismatch',
    `the result of job ${row.id} should have ${result.bytes} bytes with SHA-256 ${result.sha256}; stored is ${seen}`,
  );
}

function afterOutcome(row: JobRow, { outcome }: FinishRequest, moment: Moment): JobRow {
  switch (outcome.kind) {
    case 'succeeded': {
      const result = { key: resultKey(row.project, row.id, row.attempt), ...outcome.result };
      return end(row, 'SUCCEEDED', moment, {
        result,
        error: undefined,
        ...(outcome.offline ? { offline: true } : {}),
      });
    }
    case 'failed': {
      const { retryable, ...error } = outcome.error;
      return retryable
        ? failAttempt(row, error, moment)
        : fail({ ...row, failures: row.failures + 1 }, error, moment);
    }
    case 'interrupted':
      return interruptAttempt(row, outcome.reason, moment);
    default:
      return outcome satisfies never;
  }
}
