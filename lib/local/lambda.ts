import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import { type Json, parseJson } from './json.ts';
import { type FunctionConfig, type FunctionPool, makeFunctionPool } from './lambda-pool.ts';
import type { InvokeOutcome } from './lambda-protocol.ts';
import type { AwsRequest, AwsResponse, LocalService } from './service.ts';
import { ServiceFault } from './service-fault.ts';

/** Lambda retries an asynchronous call twice, after one and two minutes; nobody waits that long here. */
const asyncRetryDelaysMs = [500, 1000];
const maxPayloadBytes = 6 * 1024 * 1024;

/** The resolved properties of `AWS::Lambda::Function` that mean something on this machine. */
export const functionProperties = z.object({
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

/** The resolved properties of `AWS::Lambda::EventInvokeConfig` that mean something on this machine. */
export const eventInvokeProperties = z.object({
  FunctionName: z.string(),
  MaximumRetryAttempts: z.coerce.number().int().min(0).max(2).default(asyncRetryDelaysMs.length),
});

export interface Lambda extends LocalService {
  addFunction(config: FunctionConfig): void;
  /** How often an asynchronous call that fails is repeated. Default 2. */
  setAsyncRetries(nameOrArn: string, retries: number): void;
  /** Resolves to the outcome; rejects only for a function that does not exist. */
  invoke(nameOrArn: string, event: Json): Promise<InvokeOutcome>;
  /** Returns at once; failures are repeated, as for Lambda's asynchronous calls. */
  invokeAsync(nameOrArn: string, event: Json): void;
  functionNames(): string[];
  close(): Promise<void>;
}

const invocations = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/;

function functionNameOf(nameOrArn: string): string {
  return nameOrArn.split(':').at(-1) ?? '';
}

/** Every function in threads of its own. Of Lambda's API only the asynchronous call, which the dispatcher makes. */
export function startLambda(): Lambda {
  const pools = new Map<string, FunctionPool>();
  const asyncRetries = new Map<string, number>();
  const closing = new AbortController();

  function requirePool(nameOrArn: string): FunctionPool {
    const pool = pools.get(functionNameOf(nameOrArn));
    if (pool) return pool;
    throw new Error(`There is no function ${nameOrArn}; there are: ${[...pools.keys()].join(', ')}`);
  }

  async function invoke(pool: FunctionPool, event: string, requestId?: string): Promise<InvokeOutcome> {
    const outcome = await pool.invoke(event, requestId);
    if (!outcome.ok || Buffer.byteLength(outcome.payload) <= maxPayloadBytes) return outcome;
    const errorMessage = `Response payload size exceeded maximum allowed payload size (${maxPayloadBytes} bytes).`;
    return { ok: false, error: { errorType: 'Function.ResponseSizeTooLarge', errorMessage } };
  }

  async function invokeWithRetries(nameOrArn: string, event: string, requestId?: string): Promise<void> {
    const pool = requirePool(nameOrArn);
    const delaysMs = asyncRetryDelaysMs.slice(0, asyncRetries.get(functionNameOf(nameOrArn)));
    for (const delayMs of [...delaysMs, undefined]) {
      const outcome = await invoke(pool, event, requestId);
      if (outcome.ok || delayMs === undefined || closing.signal.aborted) return;
      await delay(delayMs, undefined, { signal: closing.signal }).catch(() => undefined);
    }
  }

  async function handle({ rawPath, headers, body }: AwsRequest): Promise<AwsResponse> {
    const name = invocations.exec(rawPath)?.[1];
    if (name === undefined || headers['x-amz-invocation-type'] !== 'Event') {
      throw new ServiceFault(
        501,
        'NotImplementedException',
        'only asynchronous calls of functions are handled locally',
      );
    }
    const nameOrArn = decodeURIComponent(name);
    if (!pools.has(functionNameOf(nameOrArn))) {
      throw new ServiceFault(404, 'ResourceNotFoundException', `Function not found: ${nameOrArn}`);
    }
    const event = body.length === 0 ? '{}' : body.toString('utf8');
    parseJson(event);
    const requestId = randomUUID();
    void invokeWithRetries(nameOrArn, event, requestId);
    return { status: 202, headers: { 'x-amzn-requestid': requestId } };
  }

  return {
    handle,
    setAsyncRetries: (nameOrArn, retries) => void asyncRetries.set(functionNameOf(nameOrArn), retries),
    addFunction: (config) => void pools.set(config.name, makeFunctionPool(config)),
    invoke: async (nameOrArn, event) => invoke(requirePool(nameOrArn), JSON.stringify(event)),
    invokeAsync: (nameOrArn, event) => void invokeWithRetries(nameOrArn, JSON.stringify(event)),
    functionNames: () => [...pools.keys()],
    async close() {
      closing.abort();
      await Promise.all([...pools.values()].map((pool) => pool.close()));
    },
  };
}
