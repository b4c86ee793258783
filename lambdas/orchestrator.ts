import type { Context } from 'aws-lambda';
import { documentClient } from '#adapters/aws/clients.ts';
import { controlVariables, makeControlDeps } from '#adapters/aws/control-deps.ts';
import { makeDynamoRunStore } from '#adapters/aws/dynamo-run-store.ts';
import { makeEcsCluster } from '#adapters/aws/ecs-cluster.ts';
import { makeEcsTasks } from '#adapters/aws/ecs-tasks.ts';
import { toJobLinks } from '#adapters/aws/job-links.ts';
import { readFunctionEnvironment } from '#adapters/env.ts';
import { type HttpCall, idOf, makeApiRouter } from '#adapters/http/api-router.ts';
import { callerVariables, makeCallerOf } from '#adapters/http/caller-of.ts';
import { type HttpEvent, idempotencyKeyOf, jsonBodyOf } from '#adapters/http/http-request.ts';
import { jsonResponse } from '#adapters/http/problem-response.ts';
import { makeTelemetry } from '#adapters/telemetry.ts';
import { jobId } from '#contracts/job-request.ts';
import type { JobRow } from '#contracts/job-row.ts';
import { makeOpenApi } from '#contracts/openapi.ts';
import { apiVersion, type OrchestratorRoute, routes, routesOf } from '#contracts/routes.ts';
import { cancelJob } from '#core/jobs/cancel-job.ts';
import { jobNotFound } from '#core/jobs/change-job.ts';
import { createUploads } from '#core/jobs/create-uploads.ts';
import { toJobView } from '#core/jobs/job-view.ts';
import {
  listJobFiles,
  listJobs,
  readEvents,
  readJob,
  readJobFile,
  readResult,
} from '#core/jobs/read-jobs.ts';
import { retryJob } from '#core/jobs/retry-job.ts';
import { type Submitted, submitJob } from '#core/jobs/submit-job.ts';
import { readWorkers } from '#core/operations/read-workers.ts';
import { readOperation, resumeAll, stopAll } from '#core/operations/stop-all.ts';
import { listExecutions } from '#core/usage/list-executions.ts';
import { readUsage } from '#core/usage/read-usage.ts';

const env = readFunctionEnvironment([
  ...controlVariables,
  ...callerVariables,
  'CLUSTER_ARN',
  'FUNCTION_WORKER_LOG_GROUP',
  'WORKER_LOG_GROUP',
  'WORKER_LOG_PREFIX',
]);
const telemetry = makeTelemetry('orchestrator');
const client = documentClient();
const deps = {
  ...makeControlDeps(env, client, telemetry),
  runs: makeDynamoRunStore({ client, tableName: env.TABLE_NAME }, env.TIMINGS),
  tasks: makeEcsTasks(env.CLUSTER_ARN),
  cluster: makeEcsCluster(env.CLUSTER_ARN),
};
const { callerOf, bodilessCallerOf } = makeCallerOf(env);
const linkPlace = {
  logGroup: env.WORKER_LOG_GROUP,
  logPrefix: env.WORKER_LOG_PREFIX,
  functionLogGroup: env.FUNCTION_WORKER_LOG_GROUP,
  uri: deps.objects.uri,
};

function view(row: JobRow) {
  return toJobView(row, toJobLinks(row, linkPlace));
}

function submitted({ row, replayed }: Submitted): Response {
  return jsonResponse(replayed ? 200 : 201, view(row), { location: `/jobs/${row.id}` });
}

function submitOptions({ event, traceparent }: HttpCall) {
  return { idempotencyKey: idempotencyKeyOf(event), traceparent };
}

/** What cannot be an id is not looked for: DynamoDB refuses keys that are too long. */
function jobIdOf(call: HttpCall): string {
  const id = idOf(call);
  if (jobId.safeParse(id).success) return id;
  throw jobNotFound(id.slice(0, 100));
}

const handlers: Record<OrchestratorRoute, (call: HttpCall) => Promise<Response>> = {
  submitJob: async (call) =>
    submitted(await submitJob(deps, callerOf(call), jsonBodyOf(call.event), submitOptions(call))),
  listJobs: async (call) => {
    const { rows, ...cursor } = await listJobs(deps, callerOf(call), call.query);
    return jsonResponse(200, { items: rows.map(view), ...cursor });
  },
  readJob: async (call) => jsonResponse(200, view(await readJob(deps, callerOf(call), jobIdOf(call)))),
  readResult: async (call) =>
    new Response(await readResult(deps, callerOf(call), jobIdOf(call)), {
      headers: { 'content-type': 'application/json' },
    }),
  readEvents: async (call) =>
    jsonResponse(200, await readEvents(deps, callerOf(call), jobIdOf(call), call.query)),
  cancelJob: async (call) => {
    const row = await cancelJob(deps, bodilessCallerOf(call), jobIdOf(call));
    return jsonResponse(row.status === 'CANCELLED' ? 200 : 202, view(row));
  },
  retryJob: async (call) =>
    submitted(await retryJob(deps, bodilessCallerOf(call), jobIdOf(call), submitOptions(call))),
  listJobFiles: async (call) =>
    jsonResponse(200, { items: await listJobFiles(deps, callerOf(call), jobIdOf(call)) }),
  readJobFile: async (call) =>
    jsonResponse(200, await readJobFile(deps, callerOf(call), jobIdOf(call), call.params.path ?? '')),
  createUploads: async (call) =>
    jsonResponse(201, { items: await createUploads(deps, callerOf(call), jsonBodyOf(call.event)) }),
  readUsage: async (call) => jsonResponse(200, await readUsage(deps, callerOf(call), call.query)),
  listExecutions: async (call) => jsonResponse(200, await listExecutions(deps, callerOf(call), call.query)),
  stopAll: async (call) => {
    const operation = await stopAll(deps, bodilessCallerOf(call));
    return jsonResponse(202, operation, { location: `/operations/${operation.id}` });
  },
  resume: async (call) => jsonResponse(200, await resumeAll(deps, bodilessCallerOf(call))),
  readOperation: async (call) => jsonResponse(200, await readOperation(deps, callerOf(call), idOf(call))),
  readHealth: async (call) => {
    const caller = callerOf(call);
    const { arn, projects } = caller;
    const workers = await readWorkers(deps, caller);
    const time = new Date(deps.clock.nowMs()).toISOString();
    const health = { status: 'ok', version: apiVersion, caller: arn, projects, time };
    return jsonResponse(200, workers ? { ...health, workers } : health);
  },
  readOpenApi: async (call) => {
    callerOf(call);
    const { headers, requestContext } = call.event;
    return jsonResponse(
      200,
      makeOpenApi(`${headers['x-forwarded-proto'] ?? 'https'}://${requestContext.domainName}`),
    );
  },
};

// API Gateway sends it what is no route at all, a wrong method on another function's path with it.
const router = { telemetry, hex: deps.random.hex, known: routes };
const resolve = makeApiRouter(routesOf('orchestrator'), handlers, router);

export async function handler(event: HttpEvent, context: Context) {
  return resolve(event, context);
}
