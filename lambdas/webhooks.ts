import type { Context } from 'aws-lambda';
import { documentClient } from '#adapters/aws/clients.ts';
import { makeDynamoProjects } from '#adapters/aws/dynamo-records.ts';
import { makeDynamoWebhooks } from '#adapters/aws/dynamo-webhooks.ts';
import { makeWebhookMaster } from '#adapters/aws/webhook-master.ts';
import { makeReceivers } from '#adapters/egress/make-receivers.ts';
import { readFunctionEnvironment } from '#adapters/env.ts';
import { type HttpCall, idOf, makeApiRouter } from '#adapters/http/api-router.ts';
import { callerVariables, makeCallerOf } from '#adapters/http/caller-of.ts';
import type { HttpEvent } from '#adapters/http/http-request.ts';
import { jsonResponse } from '#adapters/http/problem-response.ts';
import { systemClock, systemDigest, systemRandom } from '#adapters/system.ts';
import { makeTelemetry } from '#adapters/telemetry.ts';
import { routesOf, type WebhooksRoute } from '#contracts/routes.ts';
import { type DeliveryCall, deliveryCall } from '#contracts/webhook.ts';
import { deliverWebhook } from '#core/webhooks/deliver-webhook.ts';
import { listWebhooks, readWebhook, replayWebhook, toWebhookView } from '#core/webhooks/read-webhooks.ts';
import { readSecrets, rotateSecret } from '#core/webhooks/webhook-keys.ts';

const env = readFunctionEnvironment([
  ...callerVariables,
  'TABLE_NAME',
  'WEBHOOK_SECRET_ARN',
  'LOOPBACK_WEBHOOKS',
]);
const telemetry = makeTelemetry('webhooks');
const table = { client: documentClient(), tableName: env.TABLE_NAME };
const deps = {
  webhooks: makeDynamoWebhooks(table),
  projects: makeDynamoProjects(table),
  master: makeWebhookMaster(env.WEBHOOK_SECRET_ARN),
  receivers: makeReceivers({ trusted: env.LOOPBACK_WEBHOOKS ? ['127.0.0.1:*', '::1:*'] : [] }),
  clock: systemClock,
  random: systemRandom,
  digest: systemDigest,
  log: telemetry.log,
  metrics: telemetry.metrics,
};
const { callerOf, bodilessCallerOf } = makeCallerOf(env);

function projectOf({ params }: HttpCall): string {
  return params.project ?? '';
}

const handlers: Record<WebhooksRoute, (call: HttpCall) => Promise<Response>> = {
  listWebhooks: async (call) => {
    const { rows, ...cursor } = await listWebhooks(deps, callerOf(call), call.query);
    return jsonResponse(200, { items: rows.map(toWebhookView), ...cursor });
  },
  readWebhook: async (call) => {
    const row = await readWebhook(deps, callerOf(call), idOf(call));
    return jsonResponse(200, { ...toWebhookView(row), body: row.body });
  },
  replayWebhook: async (call) =>
    jsonResponse(202, toWebhookView(await replayWebhook(deps, bodilessCallerOf(call), idOf(call)))),
  readWebhookSecrets: async (call) =>
    jsonResponse(200, await readSecrets(deps, callerOf(call), projectOf(call))),
  rotateWebhookSecret: async (call) =>
    jsonResponse(200, await rotateSecret(deps, bodilessCallerOf(call), projectOf(call))),
};

const resolve = makeApiRouter(routesOf('webhooks'), handlers, { telemetry, hex: systemRandom.hex });

/** Clients' calls, and those by which the other functions have something sent. */
export async function handler(event: unknown, context: Context): Promise<unknown> {
  const call = deliveryCall.safeParse(event);
  return call.success ? deliver(call.data) : resolve(event as HttpEvent, context);
}

/** Side by side: a slow receiver keeps none of the others waiting. */
async function deliver({ webhooks }: DeliveryCall): Promise<unknown> {
  try {
    const tried = await Promise.allSettled(webhooks.map((id) => deliverWebhook(deps, id)));
    for (const { reason } of tried.filter((result) => result.status === 'rejected'))
      telemetry.log.warn('webhook not tried', { reason: String(reason) });
    return { tried: tried.length };
  } finally {
    telemetry.flush();
  }
}
