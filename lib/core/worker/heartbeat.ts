import type { HeartbeatReply, WorkerSession } from '#contracts/worker-protocol.ts';
import { jobNotFound } from '#core/jobs/change-job.ts';
import type { Deps } from '#core/ports/core-deps.ts';
import { requireFence } from './fence.ts';

/**
 * Keeps the lease: one blind conditional write. Only where that is refused the row is read, to say why.
 *
 * @throws AppError `stale_attempt`, `forbidden`, `not_found`
 */
export async function heartbeat(
  deps: Deps<'store' | 'clock' | 'digest' | 'settings'>,
  session: WorkerSession,
): Promise<HeartbeatReply> {
  const { leaseSeconds } = deps.settings.timings;
  const sessionSha256 = deps.digest.sha256(session.session);
  const leaseUntilMs = deps.clock.nowMs() + leaseSeconds * 1000;
  if (
    await deps.store.renewLease({ id: session.jobId, attempt: session.attempt, sessionSha256, leaseUntilMs })
  ) {
    return { stop: false, leaseSeconds };
  }
  const row = await deps.store.get(session.jobId);
  if (!row) throw jobNotFound(session.jobId);
  const isOurs = row.attempt === session.attempt && row.sessionSha256 === sessionSha256;
  if (isOurs && row.status === 'STOPPING') return { stop: true, leaseSeconds };
  requireFence(deps.digest, row, session);
  // The lease could not be renewed, yet the row is ours again: the next beat will find it so.
  return { stop: false, leaseSeconds };
}
