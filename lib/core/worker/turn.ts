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
 * @throws AppError `stale_attempt`, `job_stopping`, `forbidden`, `budget_exceeded`, `unknown_model`
 */
export async function turn(deps: TurnDeps, request: TurnRequest): Promise<TurnReply> {
  if (request.settle) await settle(deps, request, request.settle);
  const { row, value } = await changeJob(deps, request.jobId, async (row, moment) => {
    requireFence(deps.digest, row, request);
    const leaseUntilMs = moment.nowMs + moment.timings.leaseSeconds * 1000;
    const kept = { ...row, leaseUntilMs, ...(request.checkpoint ? { checkpoint: request.checkpoint } : {}) };
    const reservation = request.reserve ? reservationOf(deps, request, request.reserve) : undefined;
    if (!reservation) return { next: kept, value: 0 };
    return {
      next: await reserve(deps, kept, { reservation, nowMs: moment.nowMs }),
      value: reservation.microUsd,
    };
  });
  return { reservedMicroUsd: value, spentMicroUsd: row.spentMicroUsd };
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
