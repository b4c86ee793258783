import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import type { Json } from './json.ts';
import { type FunctionConfig, type FunctionPool, makeFunctionPool } from './lambda-pool.ts';
import type { InvokeOutcome } from './lambda-protocol.ts';

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

export interface Lambda {
  addFunction(config: FunctionConfig): void;
  /** Resolves to the outcome; rejects only for a function that does not exist. */
  invoke(nameOrArn: string, event: Json): Promise<InvokeOutcome>;
  /** Returns at once; failures are retried twice, as for Lambda's asynchronous calls. */
  invokeAsync(nameOrArn: string, event: Json): void;
  functionNames(): string[];
  close(): Promise<void>;
}

/** Lambda without its API: every function in threads of its own, called in-process. */
export function startLambda(): Lambda {
  const pools = new Map<string, FunctionPool>();
  const closing = new AbortController();

  function requirePool(nameOrArn: string): FunctionPool {
    const pool = pools.get(nameOrArn.split(':').at(-1) ?? '');
    if (pool) return pool;
    throw new Error(`There is no function ${nameOrArn}; there are: ${[...pools.keys()].join(', ')}`);
  }

  async function invoke(pool: FunctionPool, event: Json): Promise<InvokeOutcome> {
    const outcome = await pool.invoke(JSON.stringify(event));
    if (!outcome.ok || Buffer.byteLength(outcome.payload) <= maxPayloadBytes) return outcome;
    const errorMessage = `Response payload size exceeded maximum allowed payload size (${maxPayloadBytes} bytes).`;
    return { ok: false, error: { errorType: 'Function.ResponseSizeTooLarge', errorMessage } };
  }

  async function invokeWithRetries(pool: FunctionPool, event: Json): Promise<void> {
    for (const delayMs of [...asyncRetryDelaysMs, undefined]) {
      const outcome = await invoke(pool, event);
      if (outcome.ok || delayMs === undefined || closing.signal.aborted) return;
      await delay(delayMs, undefined, { signal: closing.signal }).catch(() => undefined);
    }
  }

  return {
    addFunction: (config) => void pools.set(config.name, makeFunctionPool(config)),
    invoke: async (nameOrArn, event) => invoke(requirePool(nameOrArn), event),
    invokeAsync: (nameOrArn, event) => void invokeWithRetries(requirePool(nameOrArn), event),
    functionNames: () => [...pools.keys()],
    async close() {
      closing.abort();
      await Promise.all([...pools.values()].map((pool) => pool.close()));
    },
  };
}
