import * as z from 'zod';
import { documentClient } from '#adapters/aws/clients.ts';
import { makePost } from '#adapters/aws/connections.ts';
import { makeDynamoJobStore } from '#adapters/aws/dynamo-job-store.ts';
import { makeDynamoEventLog } from '#adapters/aws/dynamo-records.ts';
import { makeDynamoRunStore } from '#adapters/aws/dynamo-run-store.ts';
import { makeDynamoConnections } from '#adapters/aws/dynamo-watches.ts';
import { readFunctionEnvironment } from '#adapters/env.ts';
import { toAppError, toProblem } from '#adapters/http/problem-response.ts';
import { systemClock, systemDigest } from '#adapters/system.ts';
import { makeTelemetry } from '#adapters/telemetry.ts';
import { AppError } from '#contracts/errors.ts';
import type { StreamMessage } from '#contracts/stream.ts';
import { principalArn } from '#core/access.ts';
import { openConnection, type StreamDeps, serveMessage } from '#core/stream/serve-stream.ts';

const env = readFunctionEnvironment([
  'TABLE_NAME',
  'CONNECTIONS_URL',
  'WORKER_ROLE_ARN',
  'FUNCTION_WORKER_ROLE_ARN',
  'ACCESS',
  'TIMINGS',
]);
const telemetry = makeTelemetry('stream');
const table = { client: documentClient(), tableName: env.TABLE_NAME };
const post = makePost(env.CONNECTIONS_URL);

class Gone extends Error {}

const deps: StreamDeps = {
  store: makeDynamoJobStore(table, env.TIMINGS),
  events: makeDynamoEventLog(table),
  runs: makeDynamoRunStore(table, env.TIMINGS),
  connections: makeDynamoConnections(table),
  clock: systemClock,
  digest: systemDigest,
  access: env.ACCESS,
  workerRoleArns: [env.WORKER_ROLE_ARN, env.FUNCTION_WORKER_ROLE_ARN].map(principalArn),
  async send(connection, message) {
    if ((await post(connection, JSON.stringify(message))) === 'gone') throw new Gone();
  },
};

/** An event of a WebSocket API, as far as we read it. IAM vouches for `userArn`, at `$connect` only. */
const socketEvent = z.object({
  requestContext: z.object({
    connectionId: z.string(),
    eventType: z.enum(['CONNECT', 'MESSAGE', 'DISCONNECT']),
    identity: z.object({ userArn: z.string().nullish() }).nullish(),
  }),
  body: z.string().nullish(),
});
type SocketEvent = z.output<typeof socketEvent>;

/** The WebSocket API: who connects, what they say, and that they have gone. */
export async function handler(event: unknown): Promise<{ statusCode: number }> {
  try {
    return { statusCode: await serve(socketEvent.parse(event)) };
  } finally {
    telemetry.flush();
  }
}

async function serve({ requestContext, body }: SocketEvent): Promise<number> {
  const { connectionId, eventType, identity } = requestContext;
  switch (eventType) {
    case 'CONNECT':
      return connect(connectionId, identity?.userArn ?? undefined);
    case 'MESSAGE':
      await answer(connectionId, body ?? '');
      return 200;
    case 'DISCONNECT':
      await deps.connections.close(connectionId);
      return 200;
    default:
      return eventType satisfies never;
  }
}

/** The status is all that a client whose connection is refused gets to see. */
async function connect(connection: string, userArn: string | undefined): Promise<number> {
  try {
    if (userArn === undefined) throw new AppError('unauthenticated', 'this request is not signed');
    await openConnection(deps, connection, userArn);
    return 200;
  } catch (error) {
    const fault = toAppError(error);
    note(fault);
    return fault.status;
  }
}

async function answer(connection: string, text: string): Promise<void> {
  try {
    await serveMessage(deps, connection, text);
  } catch (error) {
    // Whoever is gone comes back with its cursor.
    if (error instanceof Gone) return deps.connections.close(connection);
    const fault = toAppError(error);
    note(fault);
    await tellFault(connection, text, fault);
  }
}

async function tellFault(connection: string, text: string, fault: AppError): Promise<void> {
  const watch = watchIn(text);
  const message: StreamMessage = {
    type: 'error',
    ...(watch !== undefined && { watch }),
    problem: toProblem(fault, undefined),
  };
  try {
    await deps.send(connection, message);
  } catch (error) {
    if (!(error instanceof Gone)) throw error;
  }
}

/** So that a client knows which of its watches failed. */
function watchIn(text: string): string | undefined {
  try {
    return z.object({ watch: z.string().max(100) }).safeParse(JSON.parse(text)).data?.watch;
  } catch {
    // Not JSON: the fault itself says so.
    return undefined;
  }
}

function note(fault: AppError): void {
  if (fault.status === 403) telemetry.metrics.count('DeniedCalls');
  if (fault.status >= 500) telemetry.logger.error(fault.message, { error: fault });
  else telemetry.log.info(`refused: ${fault.message}`, { code: fault.code });
}
