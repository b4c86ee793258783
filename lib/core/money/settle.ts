import type { JobRow, Reservation } from '#contracts/job-row.ts';
import { addUsage, noUsage, toUsd } from '#contracts/usage.ts';
import type { Settlement, WorkerSession } from '#contracts/worker-protocol.ts';
import { type ChangeDeps, changeJob } from '#core/jobs/change-job.ts';
import type { Deps } from '#core/ports/core-deps.ts';
import type { Digest } from '#core/ports/system.ts';
import { priceOf } from './price.ts';

export type SettleDeps = ChangeDeps & Deps<'ledger' | 'digest' | 'metrics'>;

export function reservationKey(attempt: number, conversation: string, turn: number): string {
  return `${attempt}/${conversation}/${turn}`;
}

/**
 * Replaces a reservation by what the call really cost. The ledger entry comes first, under a key that can be
 * written once; so a repeated settlement changes nothing. Also an attempt that has lost its job may settle its
 * own reservation, and nothing else: the money is gone whoever is running now.
 */
export async function settle(
  deps: SettleDeps,
  session: WorkerSession,
  settlement: Settlement,
): Promise<JobRow> {
  const { row, before } = await changeJob(deps, session.jobId, async (row) => {
    return { next: await settleRow(deps, row, session, settlement), value: undefined };
  });
  countSpent(deps, before, row);
  return row;
}

/** What was put aside for this call, by this very worker. */
export function openReservation(
  digest: Digest,
  row: JobRow,
  { attempt, session }: WorkerSession,
  { conversation, turn }: Settlement,
): Reservation | undefined {
  const key = reservationKey(attempt, conversation, turn);
  const sessionSha256 = digest.sha256(session);
  return row.reservations.find((item) => item.key === key && item.sessionSha256 === sessionSha256);
}

/** The row after the settlement, whose ledger entry is written; undefined where there is nothing to settle. */
export async function settleRow(
  deps: Deps<'ledger' | 'digest' | 'clock'>,
  row: JobRow,
  session: WorkerSession,
  settlement: Settlement,
): Promise<JobRow | undefined> {
  const open = openReservation(deps.digest, row, session, settlement);
  if (!open) return undefined;
  const microUsd = priceOf(open.model, settlement.usage);
  const { jobId } = session;
  await deps.ledger.put({
    jobId,
    project: row.project,
    key: open.key,
    model: open.model,
    usage: settlement.usage,
    microUsd,
    atMs: deps.clock.nowMs(),
    ...seatOf(row, settlement.conversation),
  });
  return {
    ...row,
    reservations: row.reservations.filter((item) => item !== open),
    spentMicroUsd: row.spentMicroUsd + microUsd,
    usage: addUsage(row.usage ?? noUsage, settlement.usage),
  };
}

export function countSpent(deps: Deps<'metrics'>, before: JobRow, row: JobRow): void {
  const microUsd = row.spentMicroUsd - before.spentMicroUsd;
  if (microUsd > 0) deps.metrics.count('SpentUsd', toUsd(microUsd));
}

/** In a meeting each agent has a conversation of its own, which is named after it. */
export function seatOf({ run, type }: JobRow, conversation: string): { run?: string; agent?: string } {
  if (!run) return {};
  return { run: run.id, agent: type === 'meeting' ? conversation.replaceAll('-', '_') : run.agent };
}
