import { AppError } from '#contracts/errors.ts';
import type { WebhookRow } from '#contracts/webhook.ts';
import type { Deps } from '#core/ports/core-deps.ts';
import type { Receivers, WebhookMaster } from '#core/ports/webhooks.ts';
import { afterTry, giveUp, goneStatus, type TryOutcome, triesMax } from './after-try.ts';
import { changeWebhook } from './change-webhook.ts';
import { disableUrl, isDisabled } from './disabled-urls.ts';
import { sign, signingKey } from './signature.ts';
import { validVersions } from './webhook-keys.ts';

export type DeliverDeps = Deps<'webhooks' | 'digest' | 'clock' | 'random' | 'log' | 'metrics'> & {
  receivers: Receivers;
  master: WebhookMaster;
};

/** A try whose end was never written down counts as failed after this. Above what a receiver is waited for. */
const claimMs = 60_000;

/**
 * One try of one webhook that is due, if nobody else makes it. The try is counted before it is made: a function that
 * dies over it has used it up, so that no receiver can be asked without end.
 */
export async function deliverWebhook(deps: DeliverDeps, id: string): Promise<WebhookRow | undefined> {
  // Before the try is counted: as long as nothing can be signed, no receiver's tries are used up.
  await deps.master.read();
  const claimed = await claim(deps, id);
  if (claimed === undefined) return undefined;
  if (await isDisabled(deps, claimed))
    return conclude(deps, claimed, (row, nowMs) =>
      giveUp(row, 'the address has said that it is gone', nowMs),
    );
  const outcome = await attempt(deps, claimed);
  if (outcome.kind === 'answered' && outcome.status === goneStatus) await disableUrl(deps, claimed);
  return conclude(deps, claimed, (row, nowMs) => afterTry(row, outcome, nowMs, deps.random.fraction()));
}

async function claim(deps: DeliverDeps, id: string): Promise<WebhookRow | undefined> {
  const { row, before } = await changeWebhook(deps, id, (webhook, nowMs) => {
    if (webhook.status !== 'pending' || (webhook.tryAtMs ?? 0) > nowMs) return undefined;
    if (webhook.tries >= triesMax) return giveUp(webhook, `given up after ${webhook.tries} tries`, nowMs);
    return { ...webhook, tries: webhook.tries + 1, tryAtMs: nowMs + claimMs };
  });
  if (row !== before && row.status === 'dead') deps.metrics.count('WebhooksDead');
  return row !== before && row.status === 'pending' ? row : undefined;
}

async function attempt(deps: DeliverDeps, row: WebhookRow): Promise<TryOutcome> {
  const headers = await signedHeaders(deps, row);
  try {
    const { status } = await deps.receivers.post({ url: row.url, headers, body: row.body });
    return { kind: 'answered', status };
  } catch (error) {
    // A failed try is an outcome: it is written down, counted, and followed by another one.
    if (!(error instanceof AppError)) throw error;
    return { kind: 'failed', reason: error.message.slice(0, 500), isFinal: error.code !== 'unavailable' };
  }
}

async function signedHeaders(deps: DeliverDeps, { id, project, body }: WebhookRow) {
  const nowMs = deps.clock.nowMs();
  const [master, keys] = await Promise.all([deps.master.read(), deps.webhooks.keys.get(project)]);
  const timestampSeconds = Math.floor(nowMs / 1_000);
  const signatures = validVersions(keys, nowMs).map((version) =>
    sign(deps.digest, signingKey(deps.digest, master, project, version), { id, timestampSeconds, body }),
  );
  return {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(timestampSeconds),
    'webhook-signature': signatures.join(' '),
  };
}

/** Only what this try claimed: who comes after its time has found another one's. */
async function conclude(
  deps: DeliverDeps,
  claimed: WebhookRow,
  next: (row: WebhookRow, nowMs: number) => WebhookRow,
): Promise<WebhookRow> {
  const { row } = await changeWebhook(deps, claimed.id, (webhook, nowMs) =>
    webhook.version === claimed.version ? next(webhook, nowMs) : undefined,
  );
  const { id, status, tries, lastStatus, reason } = row;
  if (status === 'delivered') deps.metrics.count('WebhooksDelivered');
  else deps.metrics.count('WebhooksFailed');
  if (status === 'dead') deps.metrics.count('WebhooksDead');
  deps.log.info('webhook tried', { webhook: id, status, tries, lastStatus, reason });
  return row;
}
