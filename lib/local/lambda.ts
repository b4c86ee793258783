import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import { type Json, parseJson } from './json.ts';
import { type FunctionConfig, type FunctionPool, makeFunctionPool } from './lambda-pool.ts';
import type { InvokeOutcome } from './lambda-protocol.ts';
import type { AwsRequest, AwsResponse, LocalService } from './service.ts';

/** Lambda retries an asynchronous call twice, after one and two minutes; nobody waits that long here. */
const asyncRetryDelaysMs = [500, 1000];
const maxPayloadBytes = 6 * 1024 * 1024;

/** The resolved properties of `AWS::Lambda::Function` that mean something on this machine. */
export const functionProperties = z.object({
  FunctionName: z.string().optional(),
  Handler: z.string(),
  Runtime: z.string().startsWith('nodejs', 'the local cloud runs Node.js functions only'),
  Code: z.object({ S3Key: z.string({ error: 'inline code is not handled; use an asset folder' }) }),
  Timeout: z.coerce.number().default(3),
  MemorySize: z.coerce.number().default(128),
  Role: z.string(),
  ReservedConcurrentExecutions: z.coerce.number().positive().optional(),
  Environment: z.object({ Variables: z.record(z.string(), z.coerce.string()).default({}) }).optional(),
  LoggingConfig: z.object({ LogGroup: z.string().optional() }).optional(),
});

export interface LambdaOptions {
  /** Told of each finished call, for metrics. */
  onInvoked?(functionName: string, durationMs: number, isError: boolean): void;
}

export interface Lambda extends LocalService {
  addFunction(config: FunctionConfig): void;
  /** Resolves to the outcome; rejects only for a function that does not exist. */
  invoke(nameOrArn: string, event: Json): Promise<InvokeOutcome>;
  /** Returns at once; failures are retried twice, as for Lambda's asynchronous calls. */
  invokeAsync(nameOrArn: string, event: Json): void;
  functionNames(): string[];
  close(): Promise<void>;
}

function respond(status: number, body: unknown, headers: Record<string, string> = {}): AwsResponse {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
}

function fault(status: number, code: string, message: string): AwsResponse {
  return respond(status, { Type: 'User', Message: message }, { 'x-amzn-errortype': code });
}

/** Takes a name, an ARN or a partial ARN, with or without a qualifier. */
function functionNameOf(nameOrArn: string): string {
  const parts = nameOrArn.split(':');
  const marker = parts.indexOf('function');
  return (marker >= 0 ? parts[marker + 1] : parts[0]) ?? '';
}

function describe(config: FunctionConfig): Record<string, unknown> {
  return {
    FunctionName: config.name,
    FunctionArn: config.arn,
    Runtime: 'nodejs24.x',
    Handler: config.handler,
    Timeout: config.timeoutSeconds,
    MemorySize: config.memoryMiB,
    Version: '$LATEST',
    PackageType: 'Zip',
    State: 'Active',
    LastUpdateStatus: 'Successful',
    LoggingConfig: { LogGroup: config.logGroup },
  };
}

/** Lambda: every function in threads of its own, called in-process or over the REST protocol. */
export function startLambda(options: LambdaOptions): Lambda {
  const pools = new Map<string, FunctionPool>();
  const closing = new AbortController();
  const find = (nameOrArn: string): FunctionPool | undefined => pools.get(functionNameOf(nameOrArn));

  async function run(pool: FunctionPool, event: string): Promise<InvokeOutcome> {
    const startedMs = performance.now();
    const outcome = await pool.invoke(event);
    options.onInvoked?.(pool.config.name, performance.now() - startedMs, !outcome.ok);
    if (!outcome.ok || Buffer.byteLength(outcome.payload) <= maxPayloadBytes) return outcome;
    const errorMessage = `Response payload size exceeded maximum allowed payload size (${maxPayloadBytes} bytes).`;
    return {
      ok: false,
      requestId: outcome.requestId,
      error: { errorType: 'Function.ResponseSizeTooLarge', errorMessage },
    };
  }

  async function runWithRetries(pool: FunctionPool, event: string): Promise<void> {
    for (const delayMs of [...asyncRetryDelaysMs, undefined]) {
      const outcome = await run(pool, event);
      if (outcome.ok || delayMs === undefined || closing.signal.aborted) return;
      await delay(delayMs, undefined, { signal: closing.signal }).catch(() => undefined);
    }
  }

  function require(nameOrArn: string): FunctionPool {
    const pool = find(nameOrArn);
    if (!pool)
      throw new Error(`There is no function ${nameOrArn}; there are: ${[...pools.keys()].join(', ')}`);
    return pool;
  }

  async function handleInvoke(pool: FunctionPool, request: AwsRequest): Promise<AwsResponse> {
    const event = request.body.length === 0 ? '{}' : request.body.toString('utf8');
    try {
      parseJson(event);
    } catch {
      return fault(400, 'InvalidRequestContentException', 'Could not parse request body into json');
    }
    const type = request.headers['x-amz-invocation-type'] ?? 'RequestResponse';
    if (type === 'DryRun') return { status: 204 };
    if (type === 'Event') {
      void runWithRetries(pool, event);
      return { status: 202 };
    }
    const outcome = await run(pool, event);
    const headers = {
      'content-type': 'application/json',
      'x-amz-executed-version': '$LATEST',
      'x-amzn-requestid': outcome.requestId,
    };
    if (outcome.ok) return { status: 200, headers, body: outcome.payload };
    return {
      status: 200,
      headers: { ...headers, 'x-amz-function-error': 'Unhandled' },
      body: JSON.stringify(outcome.error),
    };
  }

  async function handle(request: AwsRequest): Promise<AwsResponse> {
    const match = /^\/2015-03-31\/functions\/?([^/]*)(\/invocations)?\/?$/.exec(request.rawPath);
    if (!match)
      return fault(
        501,
        'NotImplementedException',
        `${request.method} ${request.rawPath} is not handled locally`,
      );
    const [, encoded = '', invocations] = match;
    if (encoded === '')
      return respond(200, { Functions: [...pools.values()].map((pool) => describe(pool.config)) });
    const pool = find(decodeURIComponent(encoded));
    if (!pool)
      return fault(404, 'ResourceNotFoundException', `Function not found: ${decodeURIComponent(encoded)}`);
    if (invocations && request.method === 'POST') return handleInvoke(pool, request);
    if (request.method === 'GET') {
      return respond(200, { Configuration: describe(pool.config), Code: { RepositoryType: 'S3' }, Tags: {} });
    }
    return fault(
      501,
      'NotImplementedException',
      `${request.method} ${request.rawPath} is not handled locally`,
    );
  }

  return {
    handle,
    addFunction: (config) => void pools.set(config.name, makeFunctionPool(config)),
    invoke: async (nameOrArn, event) => run(require(nameOrArn), JSON.stringify(event)),
    invokeAsync: (nameOrArn, event) => void runWithRetries(require(nameOrArn), JSON.stringify(event)),
    functionNames: () => [...pools.keys()],
    async close() {
      closing.abort();
      await Promise.all([...pools.values()].map((pool) => pool.close()));
    },
  };
}
