import type { JobRow } from '#contracts/job-row.ts';
import { responseObjectKey } from '#contracts/object-keys.ts';
import {
  type StoredResponse,
  storedResponse,
  type WholeAnswer,
  wholeAnswer,
} from '#contracts/response-cache.ts';
import { noUsage } from '#contracts/usage.ts';
import type { ReserveRequest, Settlement, WorkerSession } from '#contracts/worker-protocol.ts';
import { priceOf } from '#core/money/price.ts';
import { openReservation, reservationKey, seatOf } from '#core/money/settle.ts';
import type { Deps } from '#core/ports/core-deps.ts';
import { holdsFence } from './fence.ts';

const hourMs = 3_600_000;

type CacheDeps = Deps<'objects' | 'digest' | 'clock' | 'log'>;

/**
 * Keeps an answer for whoever asks the same in this project. Only who may settle it as the job's worker may keep it,
 * and only under the key that its money was put aside with. Best effort: without it, the next one asks the model.
 */
export async function keepResponse(
  deps: CacheDeps,
  row: JobRow,
  session: WorkerSession,
  settlement: Settlement,
): Promise<void> {
  const { conversation, turn, usage, response } = settlement;
  const open = openReservation(deps.digest, row, session, settlement);
  if (!response || !open?.responseKey || !holdsFence(deps.digest, row, session)) return;
  const answer = JSON.stringify(response);
  const document: StoredResponse = {
    v: 1,
    key: open.responseKey,
    storedAtMs: deps.clock.nowMs(),
    from: `${row.id}/${reservationKey(session.attempt, conversation, turn)}`,
    model: open.model,
    usage,
    answer,
    sha256: deps.digest.sha256(answer),
  };
  const key = responseObjectKey(row.project, open.responseKey);
  await deps.objects.put(key, JSON.stringify(document), 'application/json').catch((error) => {
    deps.log.warn('an answer could not be kept', { job: row.id, error: String(error) });
  });
}

export interface FoundResponse {
  answer: WholeAnswer;
  /** What asking again would cost by today's prices, in micro-dollars. */
  savedMicroUsd: number;
}

/** The answer to the very same request of this project. What is too old, or not to be read, is none. */
export async function findResponse(
  deps: CacheDeps,
  { id, project }: JobRow,
  { responseKey, maxAgeHours }: ReserveRequest,
): Promise<FoundResponse | undefined> {
  if (responseKey === undefined || maxAgeHours === undefined) return undefined;
  try {
    const text = await deps.objects.get(responseObjectKey(project, responseKey));
    if (text === undefined) return undefined;
    const stored = storedResponse.parse(JSON.parse(text));
    if (deps.clock.nowMs() - stored.storedAtMs > maxAgeHours * hourMs) return undefined;
    if (stored.key !== responseKey || deps.digest.sha256(stored.answer) !== stored.sha256)
      throw new Error('it is not what was stored');
    const answer = wholeAnswer.parse(JSON.parse(stored.answer));
    return { answer, savedMicroUsd: priceOf(stored.model, stored.usage) };
  } catch (error) {
    // What a parser says of a text repeats pieces of it.
    const reason = error instanceof SyntaxError ? 'it is no JSON' : String(error);
    deps.log.warn('a kept answer could not be read', { job: id, error: reason });
    return undefined;
  }
}

/** The ledger says that an answer cost nothing, and what it saved: under a key that no payment has. */
export async function noteHit(
  deps: Deps<'ledger' | 'clock'>,
  row: JobRow,
  { attempt }: WorkerSession,
  { conversation, turn, model }: ReserveRequest,
  savedMicroUsd: number,
): Promise<JobRow> {
  await deps.ledger.put({
    jobId: row.id,
    project: row.project,
    key: `${reservationKey(attempt, conversation, turn)}/cached`,
    model,
    usage: noUsage,
    microUsd: 0,
    savedMicroUsd,
    atMs: deps.clock.nowMs(),
    ...seatOf(row, conversation),
  });
  return countHit(row, attempt, conversation, turn);
}

/** Turns only go up within an attempt, so a call that comes again is counted once. */
function countHit(row: JobRow, attempt: number, conversation: string, turn: number): JobRow {
  const known = row.cachedAnswers?.[conversation];
  if (known && known.attempt === attempt && known.turn >= turn) return row;
  const count = (known?.count ?? 0) + 1;
  return { ...row, cachedAnswers: { ...row.cachedAnswers, [conversation]: { attempt, turn, count } } };
}
