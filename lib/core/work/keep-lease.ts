import type { WorkerSession } from '#contracts/worker-protocol.ts';
import type { ControlPlane } from '../ports/control.ts';
import type { WorkerLog, WorkerTime } from '../ports/worker.ts';
import { retryDelayMs } from '../retry.ts';
import { startDeadline } from './deadline.ts';
import { isFence } from './fenced-control.ts';
import type { WorkerStopCause } from './worker-stop.ts';

export interface LeaseTerms {
  session: WorkerSession;
  heartbeatSeconds: number;
  leaseSeconds: number;
  /** When the last call that the control plane answered was sent: the lease is at least as long as from then. */
  answeredAtMs: number;
}

export type LeaseLoss = Extract<WorkerStopCause, 'told' | 'fenced' | 'lease_ending'>;

export interface LeaseDependencies {
  control: Pick<ControlPlane, 'heartbeat'>;
  time: WorkerTime;
  log: WorkerLog;
}

const marginCapMs = 15_000;
const beatRetry = { baseMs: 500, capMs: 5_000 };

/** How long before the end of its lease a worker gives up: time enough to kill what it has started. */
export function leaseMarginMs(leaseSeconds: number): number {
  return Math.min(marginCapMs, (leaseSeconds * 1_000) / 4);
}

/**
 * Renews the lease until that is no longer possible, and returns why. Unanswered beats are repeated; shortly
 * before the lease ends it is given up, because then somebody else may begin this attempt's work again.
 * Rejects only with the reason of `signal`.
 */
export async function keepLease(
  terms: LeaseTerms,
  { control, time, log }: LeaseDependencies,
  signal: AbortSignal,
): Promise<LeaseLoss> {
  let { answeredAtMs, leaseSeconds } = terms;
  let failures = 0;
  for (;;) {
    const giveUpAtMs = answeredAtMs + leaseSeconds * 1_000 - leaseMarginMs(leaseSeconds);
    await time.sleep(untilNextBeatMs(terms, giveUpAtMs, failures, time), signal);
    const sentAtMs = time.nowMs();
    if (sentAtMs >= giveUpAtMs) return 'lease_ending';
    const patience = startDeadline(time, giveUpAtMs - sentAtMs);
    try {
      const reply = await control.heartbeat(terms.session, AbortSignal.any([signal, patience.signal]));
      if (reply.stop) return 'told';
      answeredAtMs = sentAtMs;
      leaseSeconds = reply.leaseSeconds;
      failures = 0;
    } catch (error) {
      if (isFence(error)) return 'fenced';
      signal.throwIfAborted();
      failures += 1;
      log('warn', 'a heartbeat was not answered', { failures, error: messageOf(error) });
    } finally {
      patience.cancel();
    }
  }
}

function untilNextBeatMs(terms: LeaseTerms, giveUpAtMs: number, failures: number, time: WorkerTime): number {
  const regularMs = terms.heartbeatSeconds * 1_000;
  const waitMs =
    failures === 0
      ? regularMs
      : Math.min(regularMs, 100 + retryDelayMs(failures, beatRetry, () => time.random()));
  return Math.max(0, Math.min(waitMs, giveUpAtMs - time.nowMs()));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
