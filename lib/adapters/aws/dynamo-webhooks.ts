import { type WebhookUrlRow, webhookKeysRow, webhookRow, webhookUrlRow } from '#contracts/webhook.ts';
import type { UrlKey, WebhookStore } from '#core/ports/webhooks.ts';
import { webhookIndexes, webhookShard } from '#core/webhooks/webhook-indexes.ts';
import { readKeys } from './dynamo-listed.ts';
import { makeRows } from './dynamo-rows.ts';
import type { DynamoTable } from './dynamo-table.ts';

function webhookKey(id: string) {
  return { pk: `WEBHOOK#${id}`, sk: 'WEBHOOK' };
}

function keysKey(project: string) {
  return { pk: `WEBHOOK-KEYS#${project}`, sk: 'KEYS' };
}

function urlKey({ project, urlSha256 }: { project: string; urlSha256: string }) {
  return { pk: `WEBHOOK-URLS#${project}`, sk: urlSha256 };
}

/** Webhooks in the table. Source of the index layout: `#core/webhooks/webhook-indexes.ts`. */
export function makeDynamoWebhooks(table: DynamoTable): WebhookStore {
  return {
    webhooks: makeRows(table, {
      keyOf: webhookKey,
      keyOfRow: ({ id }) => webhookKey(id),
      parse: (item) => webhookRow.parse(item),
      indexes: webhookIndexes,
    }),
    keys: makeRows(table, {
      keyOf: keysKey,
      keyOfRow: ({ project }) => keysKey(project),
      parse: (item) => webhookKeysRow.parse(item),
      indexes: () => ({}),
    }),
    urls: makeRows<WebhookUrlRow, UrlKey>(table, {
      keyOf: urlKey,
      keyOfRow: urlKey,
      parse: (item) => webhookUrlRow.parse(item),
      indexes: () => ({}),
    }),
    listed: ({ status, ...query }) => readKeys(table, webhookShard(query.project, status), query),
  };
}
