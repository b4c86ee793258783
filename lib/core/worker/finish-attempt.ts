import { AppError } from '#contracts/errors.ts';
import type { JobRow } from '#contracts/job-row.ts';
import { isTerminal } from '#contracts/job-states.ts';
import { resultKey } from '#contracts/object-keys.ts';
import type { FinishRequest, Settlement } from '#contracts/worker-protocol.ts';
import { changeJob } from '#core/jobs/change-job.ts';
import { countEnding } from '#core/jobs/count-ending.ts';
import { type RelayDeps, relay } from '#core/jobs/relay.ts';
import {
  concludeStop,
  end,
  fail,
  failAttempt,
  interruptAttempt,
  type Moment,
  stop,
} from '#core/jobs/transitions.ts';
import { type SettleDeps, settle } from '#core/money/settle.ts';
import type { Deps } from '#core/ports/core-deps.ts';
import { type TellDeps, tellWatchers } from '#core/stream/tell-watchers.ts';
import { requireFence } from './fence.ts';
import { keepResponse } from './response-cache.ts';

export type FinishDeps = RelayDeps & SettleDeps & Deps<'objects' | 'log'> & TellDeps;

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
  if (request.settle?.response) await keepLast(deps, request, request.settle);
  if (request.settle) await settle(deps, request, request.settle);
  const { row, before } = await changeJob(deps, request.jobId, async (row, moment) => {
    if (isOwnEnd(deps, row, request)) return { value: undefined };
    if (isAcknowledgedStop(deps, row, request)) return { next: concludeStop(row, moment), value: undefined };
    requireFence(deps.digest, row, request);
    const overdue = overdueCause(row, request, moment);
    if (overdue) return { next: stop(row, overdue, 'its time is over', moment), value: undefined };
    const result = request.outcome.kind === 'interrupted' ? undefined : request.outcome.result;
    if (result) await requireResult(deps, row, result);
    return { next: afterOutcome(row, request, moment), value: undefined };
  });
  if (row === before) return { status: row.status };
  // The very message that found the job overdue also says that its worker has ended.
  if (row.status === 'STOPPING') return finishAttempt(deps, request);
  countEnding(deps, before, row);
  await relay(deps, row);
  await tellWatchers(deps, row.id, () => [{ type: 'changed', watch: row.id, status: row.status }]);
  return { status: row.status };
}

/** Before it is settled: what is settled is no longer known to be this worker's. */
async function keepLast(deps: FinishDeps, request: FinishRequest, settlement: Settlement): Promise<void> {
  const row = await deps.store.get(request.jobId);
  if (row) await keepResponse(deps, row, request, settlement);
}

function isOwnEnd(deps: FinishDeps, row: JobRow, request: FinishRequest): boolean {
  return (
    isTerminal(row.status) &&
    row.attempt === request.attempt &&
    row.sessionSha256 === deps.digest.sha256(request.session)
  );
}

/** In the function lane nothing runs on once the worker has said so; a container is looked at from outside. */
function isAcknowledgedStop(
  deps: FinishDeps,
  row: JobRow,
  { attempt, session, outcome }: FinishRequest,
): boolean {
  return (
    row.status === 'STOPPING' &&
    row.lane === 'function' &&
    outcome.kind === 'interrupted' &&
    row.attempt === attempt &&
    row.sessionSha256 === deps.digest.sha256(session)
  );
}

/** A worker in a function that ends when its attempt's time is over says so itself: nobody is sent to stop it. */
function overdueCause(
  row: JobRow,
  { outcome }: FinishRequest,
  { nowMs }: Moment,
): 'deadline' | 'timeout' | undefined {
  if (row.lane !== 'function' || outcome.kind !== 'interrupted') return undefined;
  if (row.deadlineAtMs <= nowMs) return 'deadline';
  return row.timeoutAtMs !== undefined && row.timeoutAtMs <= nowMs ? 'timeout' : undefined;
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

function resultOf(row: JobRow, { result }: { result?: { sha256: string; bytes: number } | undefined }) {
  return result ? { result: { key: resultKey(row.project, row.id, row.attempt), ...result } } : {};
}

function afterOutcome(row: JobRow, { outcome }: FinishRequest, moment: Moment): JobRow {
  switch (outcome.kind) {
    case 'succeeded': {
      return end(row, 'SUCCEEDED', moment, {
        ...resultOf(row, outcome),
        error: undefined,
        ...(outcome.offline ? { offline: true } : {}),
      });
    }
    case 'failed': {
      const { retryable, ...error } = outcome.error;
      if (retryable) return failAttempt(row, error, moment);
      const extra = { ...resultOf(row, outcome), ...(outcome.offline ? { offline: true } : {}) };
      return fail({ ...row, ...extra, failures: row.failures + 1 }, error, moment);
    }
    case 'interrupted':
      return interruptAttempt(row, outcome.reason, moment);
    default:
      return outcome satisfies never;
  }
}
