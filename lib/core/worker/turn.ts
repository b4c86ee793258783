import type { JobRow } from '#contracts/job-row.ts';
import type { TurnReply, TurnRequest } from '#contracts/worker-protocol.ts';
import { changeJob } from '#core/jobs/change-job.ts';
import { reservationFor } from '#core/money/price.ts';
import { requireModel } from '#core/money/require-model.ts';
import { reserve } from '#core/money/reserve.ts';
import { reservationKey, type SettleDeps, settle } from '#core/money/settle.ts';
import type { Deps } from '#core/ports/core-deps.ts';
import { requireFence } from './fence.ts';

export type TurnDeps = SettleDeps & Deps<'months'>;

/**
 * One call between two turns of a model: settles the last one, records the checkpoint, puts money aside for the
 * next, and keeps the lease.
 *
 * @throws AppError `stale_attempt`, `job_stopping`, `forbidden`, `budget_exceeded`, `unknown_model`,
 *   `invalid_request` (a turn that has been settled)
 */
export async function turn(deps: TurnDeps, request: TurnRequest): Promise<TurnReply> {
  if (request.settle) await settle(deps, request, request.settle);
  const { row, value } = await changeJob(deps, request.jobId, async (row, moment) => {
    requireFence(deps.digest, row, request);
    const leaseUntilMs = moment.nowMs + moment.timings.leaseSeconds * 1000;
    const kept = { ...row, leaseUntilMs, ...checkpointOf(row, request) };
    if (!request.reserve) return { next: kept, value: 0 };
    const { conversation, turn } = request.reserve;
    const reservation = reservationOf(deps, request, request.reserve);
    const next = await reserve(deps, kept, { reservation, conversation, turn, nowMs: moment.nowMs });
    return { next, value: reservation.microUsd };
  });
  return { reservedMicroUsd: value, spentMicroUsd: row.spentMicroUsd };
}

/** A request that was under way for long must not take the job back to where it was. */
function checkpointOf(row: JobRow, { checkpoint }: TurnRequest): Pick<JobRow, 'checkpoint'> {
  if (!checkpoint) return {};
  const isOlder =
    row.checkpoint?.conversation === checkpoint.conversation && row.checkpoint.turn > checkpoint.turn;
  return isOlder ? {} : { checkpoint };
}

function reservationOf(
  deps: TurnDeps,
  { attempt, session }: TurnRequest,
  wanted: NonNullable<TurnRequest['reserve']>,
) {
  requireModel(wanted.model, wanted.maxTokens);
  return {
    key: reservationKey(attempt, wanted.conversation, wanted.turn),
    attempt,
    sessionSha256: deps.digest.sha256(session),
    model: wanted.model,
    microUsd: reservationFor(wanted.model, wanted.inputTokensMax, wanted.maxTokens),
  };
}
