import { existsSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import type { FromThread, ThreadData, ToThread } from './lambda-protocol.ts';

const data = workerData as ThreadData;
type Handler = (event: unknown, context: Record<string, unknown>) => unknown;

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
  const common = loaded.default as Record<string, unknown> | undefined;
  const handler = loaded[name] ?? common?.[name];
  if (typeof handler === 'function') return handler as Handler;
  throw namedError('Runtime.HandlerNotFound', `${data.handler} is undefined or not exported`);
}

function namedError(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}

function describe(error: unknown): { errorType: string; errorMessage: string; trace?: string[] } {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error) };
  return { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? '').split('\n') };
}

function makeContext(call: ToThread): Record<string, unknown> {
  return {
    awsRequestId: call.requestId,
    callbackWaitsForEmptyEventLoop: true,
    functionName: data.functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: data.functionArn,
    memoryLimitInMB: String(data.memoryMiB),
    logGroupName: data.logGroup,
    logStreamName: data.logStream,
    getRemainingTimeInMillis: () => Math.max(0, call.deadlineMs - Date.now()),
  };
}

async function run(handler: Handler, call: ToThread): Promise<void> {
  post({ kind: 'started' });
  try {
    const result = await handler(JSON.parse(call.event), makeContext(call));
    post({ kind: 'done', payload: JSON.stringify(result) ?? 'null' });
  } catch (error) {
    post({ kind: 'failed', error: describe(error) });
  }
}

try {
  const handler = await loadHandler();
  parentPort?.on('message', (call: ToThread) => void run(handler, call));
  post({ kind: 'ready' });
} catch (error) {
  post({ kind: 'unloadable', error: describe(error) });
}
