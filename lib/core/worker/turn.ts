import { AppError } from '#contracts/errors.ts';
import type { JobRow } from '#contracts/job-row.ts';
import type { WholeAnswer } from '#contracts/response-cache.ts';
import type { ReserveRequest, TurnReply, TurnRequest } from '#contracts/worker-protocol.ts';
import { changeJob, jobNotFound } from '#core/jobs/change-job.ts';
import { halt, type Moment } from '#core/jobs/transitions.ts';
import { reservationFor } from '#core/money/price.ts';
import { requireModel } from '#core/money/require-model.ts';
import { reserve } from '#core/money/reserve.ts';
import { countSpent, reservationKey, type SettleDeps, settle, settleRow } from '#core/money/settle.ts';
import { isLaneStopped } from '#core/operations/is-stopped.ts';
import type { Deps } from '#core/ports/core-deps.ts';
import { jobStopping, requireFence } from './fence.ts';
import { recordSegment, storeSegment } from './record-segment.ts';
import { dropSuperseded, recordWorkspace, requireWorkspace } from './record-workspace.ts';
import { findResponse, keepResponse, noteHit } from './response-cache.ts';

export type TurnDeps = SettleDeps & Deps<'months' | 'objects' | 'log' | 'slots'>;

/**
 * One call between two turns of a model: settles the last one, records what was said and done, puts money aside
 * for the next, and keeps the lease. Objects and the ledger come first, then one write to the row. A reservation
 * that is refused takes nothing back: what was settled and recorded with it stays. While everything is stopped nothing
 * is put aside, whoever asks.
 *
 * @throws AppError `stale_attempt`, `job_stopping`, `forbidden`, `budget_exceeded`, `unknown_model`,
 *   `invalid_request` (a turn that has been settled, a segment out of order, a workspace that is not there)
 */
export async function turn(deps: TurnDeps, request: TurnRequest): Promise<TurnReply> {
  const known = await fencedRow(deps, request);
  await Promise.all([
    request.record && storeSegment(deps, known, request.attempt, request.record),
    request.workspace && requireWorkspace(deps, known, request.workspace),
    request.settle && keepResponse(deps, known, request, request.settle),
  ]);
  const decide = async (row: JobRow, moment: Moment) => {
    requireFence(deps.digest, row, request);
    const settled = request.settle && (await settleRow(deps, row, request, request.settle));
    const recorded = withCheckpoint(deps, settled ?? row, request);
    const kept = { ...recorded, leaseUntilMs: moment.nowMs + moment.timings.leaseSeconds * 1000 };
    if (!request.reserve) return { next: kept, value: {} };
    return withAnswerOrReservation(deps, kept, request, request.reserve, moment);
  };
  const { row, before, value } = await changeJob<Reserved>(deps, request.jobId, decide, known);
  await dropSuperseded(deps, before, row);
  countSpent(deps, before, row);
  countLookup(deps, request.reserve, value);
  if (value.refusal) throw value.refusal;
  const { microUsd: reservedMicroUsd = 0, response } = value;
  return { reservedMicroUsd, spentMicroUsd: row.spentMicroUsd, ...(response && { response }) };
}

interface Reserved {
  microUsd?: number;
  response?: WholeAnswer;
  refusal?: AppError;
}

/** Whoever has lost the job may settle what it had reserved, and nothing else. */
async function fencedRow(deps: TurnDeps, request: TurnRequest): Promise<JobRow> {
  const row = await deps.store.get(request.jobId);
  if (!row) throw jobNotFound(request.jobId);
  try {
    requireFence(deps.digest, row, request);
    return row;
  } catch (error) {
    if (request.settle) await settle(deps, request, request.settle);
    throw error;
  }
}

function withCheckpoint(deps: TurnDeps, row: JobRow, { attempt, record, workspace }: TurnRequest): JobRow {
  const recorded = record ? recordSegment(deps.digest, row, attempt, record) : row;
  return workspace ? recordWorkspace(recorded, workspace) : recorded;
}

/**
 * What has been answered before costs nothing. Looked for anew whenever the row has changed meanwhile, so that of two
 * calls for one turn the later one sees what the earlier one came to. Money that is put aside already stays so.
 */
async function withAnswerOrReservation(
  deps: TurnDeps,
  row: JobRow,
  request: TurnRequest,
  wanted: ReserveRequest,
  moment: Moment,
) {
  const key = reservationKey(request.attempt, wanted.conversation, wanted.turn);
  const isOpen = row.reservations.some((item) => item.key === key);
  const found = isOpen ? undefined : await findResponse(deps, row, wanted);
  if (!found) return withReservation(deps, row, request, wanted, moment);
  const next = await noteHit(deps, row, request, wanted, found.savedMicroUsd);
  return { next, value: { response: found.answer } };
}

function countLookup(
  { metrics }: TurnDeps,
  wanted: ReserveRequest | undefined,
  { response }: Reserved,
): void {
  if (response) metrics.count('ResponseCacheHits');
  else if (wanted?.maxAgeHours !== undefined) metrics.count('ResponseCacheMisses');
}

async function withReservation(
  deps: TurnDeps,
  row: JobRow,
  request: TurnRequest,
  wanted: ReserveRequest,
  moment: Moment,
) {
  const { conversation, turn } = wanted;
  if (await isLaneStopped(deps, row.lane))
    return { next: halt(row, moment), value: { refusal: jobStopping(row) } };
  try {
    const reservation = reservationOf(deps, request, wanted);
    const next = await reserve(deps, row, { reservation, conversation, turn, nowMs: moment.nowMs });
    return { next, value: { microUsd: reservation.microUsd } };
  } catch (error) {
    const isBare = !request.settle && !request.record && !request.workspace;
    if (isBare || !(error instanceof AppError) || error.retryable) throw error;
    return { next: row, value: { refusal: error } };
  }
}

function reservationOf({ digest }: TurnDeps, { attempt, session }: TurnRequest, wanted: ReserveRequest) {
  requireModel(wanted.model, wanted.maxTokens);
  return {
    key: reservationKey(attempt, wanted.conversation, wanted.turn),
    attempt,
    sessionSha256: digest.sha256(session),
    model: wanted.model,
    microUsd: reservationFor(wanted.model, wanted.inputTokensMax, wanted.maxTokens),
    ...(wanted.responseKey === undefined ? {} : { responseKey: wanted.responseKey }),
  };
}
