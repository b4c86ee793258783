import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Timings } from '#contracts/limits.ts';
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

export interface ControlEnvironment {
  TABLE_NAME: string;
  QUEUE_URL: string;
  TIMINGS: Timings;
  MAX_CONCURRENT_WORKERS: number;
  MAX_CONCURRENT_FUNCTIONS: number;
  FORCE_FARGATE: boolean;
  SELF_HOSTED_MODELS: boolean;
  LOOPBACK_WEBHOOKS: boolean;
  JOB_BUDGET_USD: number;
  PROJECT_MONTH_BUDGET_USD: number;
}

function toSettings(env: ControlEnvironment): CoreSettings {
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
export function makeRowDeps(env: ControlEnvironment, client: DynamoDBDocumentClient, telemetry: Telemetry) {
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
  env: ControlEnvironment & { BUCKET_NAME: string; CONNECTIONS_URL?: string },
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
