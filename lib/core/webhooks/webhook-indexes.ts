import { limits } from '#contracts/limits.ts';
import type { WebhookRow, WebhookStatus } from '#contracts/webhook.ts';
import { dueShardOf } from '#core/jobs/indexes.ts';

export interface WebhookIndexes {
  dueShard?: string;
  dueAtMs?: number;
  listShard: string;
  listKey: string;
  /** Unix seconds. */
  expiresAt?: number;
}

/** A list for each state: the few that were given up must not hide among all that were delivered. */
export function webhookShard(project: string, status: WebhookStatus): string {
  return `webhook#${project}#${status}`;
}

export function webhookIndexes(row: WebhookRow): WebhookIndexes {
  const { id, project, status, createdAtMs, tryAtMs, endedAtMs } = row;
  return {
    ...(tryAtMs === undefined ? {} : { dueShard: dueShardOf(id), dueAtMs: tryAtMs }),
    listShard: webhookShard(project, status),
    listKey: `${String(createdAtMs).padStart(14, '0')}#${id}`,
    ...(endedAtMs === undefined
      ? {}
      : { expiresAt: Math.floor(endedAtMs / 1000) + limits.rowRetentionDays * 86_400 }),
  };
}
