import type { WebhookRow } from '#contracts/webhook.ts';
import type { Deps } from '#core/ports/core-deps.ts';
import { type ChangedRow, changeRow } from '#core/runs/change-row.ts';

export function changeWebhook(
  { clock, webhooks }: Deps<'clock' | 'webhooks'>,
  id: string,
  decide: (row: WebhookRow, nowMs: number) => WebhookRow | undefined,
): Promise<ChangedRow<WebhookRow>> {
  return changeRow(clock, webhooks.webhooks, id, `webhook "${id}"`, decide);
}
