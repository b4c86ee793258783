import { existsSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import {
  type FromThread,
  type InvokeOutcome,
  type ThreadData,
  type ToThread,
  toFunctionError,
} from './lambda-protocol.ts';

const data = workerData as ThreadData;
type Handler = (event: unknown, context: object) => unknown;

function post(message: FromThread): void {
  parentPort?.postMessage(message);
}

// Lambda's Node.js runtimes bring the AWS SDK, so bundles may leave it out; here ours stands in.
registerHooks({
  resolve(specifier, context, next) {
    try {
      return next(specifier, context);
    } catch (error) {
      if (!/^@(aws-sdk|smithy)\//.test(specifier)) throw error;
      return next(specifier, { ...context, parentURL: import.meta.url });
    }
  },
});

async function loadHandler(): Promise<Handler> {
  const dot = data.handler.lastIndexOf('.');
  const name = data.handler.slice(dot + 1);
  const base = join(data.taskRoot, data.handler.slice(0, dot));
  const path = ['.mjs', '.js', '.cjs'].map((extension) => base + extension).find((file) => existsSync(file));
  if (!path) throw namedError('Runtime.ImportModuleError', `Cannot find module '${base}'`);
  const loaded = (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  const handler = loaded[name];
  if (typeof handler === 'function') return handler as Handler;
  throw namedError('Runtime.HandlerNotFound', `${data.handler} is undefined or not exported`);
}

function namedError(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}

function makeContext({ requestId, deadlineMs }: ToThread): object {
  return {
    awsRequestId: requestId,
    functionName: data.functionName,
    memoryLimitInMB: String(data.memoryMiB),
    getRemainingTimeInMillis: () => Math.max(0, deadlineMs - Date.now()),
  };
}

async function run(handler: Handler, call: ToThread): Promise<InvokeOutcome> {
  try {
    const result = await handler(JSON.parse(call.event), makeContext(call));
    return { ok: true, payload: JSON.stringify(result) ?? 'null' };
  } catch (error) {
    return { ok: false, error: toFunctionError(error, typeof error) };
  }
}

try {
  const handler = await loadHandler();
  parentPort?.on('message', async (call: ToThread) => {
    post({ kind: 'started' });
    post({ kind: 'ended', outcome: await run(handler, call) });
  });
  post({ kind: 'ready' });
} catch (error) {
  post({ kind: 'unloadable', error: toFunctionError(error, typeof error) });
}
