import type { Context } from 'aws-lambda';
import type * as z from 'zod';
import { documentClient } from '#adapters/aws/clients.ts';
import { controlVariables, makeControlDeps } from '#adapters/aws/control-deps.ts';
import { makeLambdaCourier } from '#adapters/aws/lambda-courier.ts';
import { makeModelAccess } from '#adapters/aws/model-access.ts';
import { makeSecretKeyRing } from '#adapters/aws/secret-key-ring.ts';
import { makeSfnWorkflow, targetOf } from '#adapters/aws/sfn-workflow.ts';
import { readEndpointUrl, readFunctionEnvironment } from '#adapters/env.ts';
import { type HttpCall, makeApiRouter } from '#adapters/http/api-router.ts';
import { type HttpEvent, jsonBodyOf, userArnOf } from '#adapters/http/http-request.ts';
import { jsonResponse } from '#adapters/http/problem-response.ts';
import { makeTelemetry } from '#adapters/telemetry.ts';
import { AppError } from '#contracts/errors.ts';
import { limits } from '#contracts/limits.ts';
import {
  artifactsRequest,
  credentialsRequest,
  eventsRequest,
  finishRequest,
  heartbeatRequest,
  notesRequest,
  startRequest,
  turnRequest,
  workerUploadsRequest,
} from '#contracts/worker-protocol.ts';
import { principalArn } from '#core/access.ts';
import { parseWith } from '#core/jobs/parse-job-request.ts';
import { findArtifacts } from '#core/worker/artifacts.ts';
import { finishAttempt } from '#core/worker/finish-attempt.ts';
import { heartbeat } from '#core/worker/heartbeat.ts';
import { useNotes } from '#core/worker/notes.ts';
import { renewCredential } from '#core/worker/renew-credential.ts';
import { addressUploads, recordEvents } from '#core/worker/report.ts';
import { startAttempt } from '#core/worker/start-attempt.ts';
import { turn } from '#core/worker/turn.ts';

const env = readFunctionEnvironment([
  ...controlVariables,
  'CONNECTIONS_URL',
  'PROVIDER_SECRET_ARN',
  'CYCLE_MACHINE_ARN',
  'MODEL_ROLE_ARN',
  'MODEL_REGION',
  'WORKER_ROLE_ARN',
  'FUNCTION_WORKER_ROLE_ARN',
  'WEBHOOKS_FUNCTION_ARN',
]);
const telemetry = makeTelemetry('worker-api');
const client = documentClient();
const control = makeControlDeps(env, client, telemetry);
const deps = {
  ...control,
  keys: makeSecretKeyRing(env.PROVIDER_SECRET_ARN, control.clock.nowMs),
  workflow: makeSfnWorkflow(env.CYCLE_MACHINE_ARN, targetOf(client, readEndpointUrl())),
  courier: makeLambdaCourier(env.WEBHOOKS_FUNCTION_ARN, 'webhooks', client),
  modelAccess: makeModelAccess(
    { roleArn: env.MODEL_ROLE_ARN, region: env.MODEL_REGION },
    control.clock.nowMs,
  ),
};
const workerRoles = [env.WORKER_ROLE_ARN, env.FUNCTION_WORKER_ROLE_ARN].map(principalArn);

function requireWorker({ event }: HttpCall): void {
  const caller = principalArn(userArnOf(event));
  if (!workerRoles.includes(caller))
    throw new AppError('forbidden', `${caller} is not a worker; clients use the other routes`);
}

/** Who calls is checked before what is said is parsed. */
function route<T extends z.ZodType>(schema: T, work: (request: z.output<T>) => Promise<unknown>) {
  return async (call: HttpCall): Promise<Response> => {
    requireWorker(call);
    const body = jsonBodyOf(call.event, limits.workerRequestBytes);
    return jsonResponse(200, (await work(parseWith(schema, body, 'the request'))) ?? {});
  };
}

const handlers = {
  start: route(startRequest, (request) => startAttempt(deps, request)),
  heartbeat: route(heartbeatRequest, (request) => heartbeat(deps, request)),
  turn: route(turnRequest, (request) => turn(deps, request)),
  events: route(eventsRequest, (request) => recordEvents(deps, request)),
  uploads: route(workerUploadsRequest, (request) => addressUploads(deps, request)),
  artifacts: route(artifactsRequest, (request) => findArtifacts(deps, request)),
  notes: route(notesRequest, (request) => useNotes(deps, request)),
  credentials: route(credentialsRequest, (request) => renewCredential(deps, request)),
  finish: route(finishRequest, (request) => finishAttempt(deps, request)),
};

const places = Object.fromEntries(
  Object.keys(handlers).map((name) => [name, { method: 'POST', path: `/worker/${name}` }]),
);
const resolve = makeApiRouter(places, handlers, { telemetry, hex: deps.random.hex });

export async function handler(event: HttpEvent, context: Context) {
  return resolve(event, context);
}
