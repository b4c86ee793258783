import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { FunctionEnvironment, FunctionVariable } from '#contracts/function-env.ts';
import { toMicroUsd } from '#contracts/usage.ts';
import type { CoreSettings } from '#core/ports/core-deps.ts';
import { systemClock, systemDigest, systemRandom } from '../system.ts';
import type { Telemetry } from '../telemetry.ts';
import { makeStream } from './connections.ts';
import { makeDynamoExecutions } from './dynamo-executions.ts';
import { makeDynamoJobStore } from './dynamo-job-store.ts';
import { makeDynamoMonths } from './dynamo-months.ts';
import { makeDynamoNotes } from './dynamo-notes.ts';
import { makeDynamoEventLog, makeDynamoLedger, makeDynamoProjects } from './dynamo-records.ts';
import { makeDynamoSlots } from './dynamo-slots.ts';
import { makeDynamoWebhooks } from './dynamo-webhooks.ts';
import { makeS3Objects } from './s3-objects.ts';
import { makeSqsQueue } from './sqs-queue.ts';

/** What `makeRowDeps` takes from the environment. */
export const rowVariables = [
  'TABLE_NAME',
  'QUEUE_URL',
  'TIMINGS',
  'MAX_CONCURRENT_WORKERS',
  'MAX_CONCURRENT_FUNCTIONS',
  'FORCE_FARGATE',
  'SELF_HOSTED_MODELS',
  'LOOPBACK_WEBHOOKS',
  'JOB_BUDGET_USD',
  'PROJECT_MONTH_BUDGET_USD',
] as const satisfies readonly FunctionVariable[];
type RowEnvironment = FunctionEnvironment<(typeof rowVariables)[number]>;

/** What `makeControlDeps` takes from the environment. */
export const controlVariables = [...rowVariables, 'BUCKET_NAME'] as const;
type ControlEnvironment = FunctionEnvironment<(typeof controlVariables)[number]>;

function toSettings(env: RowEnvironment): CoreSettings {
  return {
    timings: env.TIMINGS,
    maxConcurrentWorkers: env.MAX_CONCURRENT_WORKERS,
    maxConcurrentFunctions: env.MAX_CONCURRENT_FUNCTIONS,
    forceFargate: env.FORCE_FARGATE,
    selfHosted: env.SELF_HOSTED_MODELS,
    loopbackWebhooks: env.LOOPBACK_WEBHOOKS,
    jobBudgetMicroUsd: toMicroUsd(env.JOB_BUDGET_USD),
    projectMonthMicroUsd: toMicroUsd(env.PROJECT_MONTH_BUDGET_USD),
  };
}

/** What every function of the control plane shares: rows, slots, queue, clock. */
export function makeRowDeps(env: RowEnvironment, client: DynamoDBDocumentClient, telemetry: Telemetry) {
  const table = { client, tableName: env.TABLE_NAME };
  return {
    store: makeDynamoJobStore(table, env.TIMINGS),
    slots: makeDynamoSlots(table),
    months: makeDynamoMonths(table),
    executions: makeDynamoExecutions(table),
    webhooks: makeDynamoWebhooks(table),
    queue: makeSqsQueue(env.QUEUE_URL),
    clock: systemClock,
    random: systemRandom,
    digest: systemDigest,
    log: telemetry.log,
    metrics: telemetry.metrics,
    settings: toSettings(env),
  };
}

/**
 * With bodies and records: for the functions that answer clients and workers.
 *
 * @param env with `CONNECTIONS_URL` for those that say what people watch
 */
export function makeControlDeps(
  env: ControlEnvironment & { CONNECTIONS_URL?: string },
  client: DynamoDBDocumentClient,
  telemetry: Telemetry,
) {
  const table = { client, tableName: env.TABLE_NAME };
  return {
    ...makeRowDeps(env, client, telemetry),
    ledger: makeDynamoLedger(table),
    events: makeDynamoEventLog(table),
    projects: makeDynamoProjects(table),
    notes: makeDynamoNotes(table),
    objects: makeS3Objects(env.BUCKET_NAME),
    ...(env.CONNECTIONS_URL !== undefined && { stream: makeStream(table, env.CONNECTIONS_URL) }),
  };
}
