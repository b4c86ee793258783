import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { Worker } from 'node:worker_threads';
import type { FromThread, FunctionError, InvokeOutcome, ThreadData, ToThread } from './lambda-protocol.ts';

/** Lambda gives the code outside the handler ten seconds. */
const initSeconds = 10;

export interface FunctionConfig {
  logicalId: string;
  name: string;
  arn: string;
  taskRoot: string;
  /** `<file without extension>.<export>` */
  handler: string;
  timeoutSeconds: number;
  memoryMiB: number;
  logGroup: string;
  maxThreads: number;
  environment: Record<string, string>;
  onLine(logStream: string, line: string): void;
}

export interface FunctionPool {
  config: FunctionConfig;
  /** Never rejects: what goes wrong in a function is its outcome. */
  invoke(event: string): Promise<InvokeOutcome>;
  close(): Promise<void>;
}

interface Call {
  requestId: string;
  event: string;
  wasRequeued?: boolean;
  settle(outcome: InvokeOutcome): void;
}

interface Thread {
  worker: Worker;
  logStream: string;
  isReady: boolean;
  hasStarted: boolean;
  call: Call | undefined;
  timer: NodeJS.Timeout | undefined;
}

// Published packages hold JavaScript: Node does not strip types under node_modules.
const threadUrl = new URL(
  `./lambda-thread${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`,
  import.meta.url,
);

function makeLogStream(): string {
  const day = new Date().toISOString().slice(0, 10).replaceAll('-', '/');
  return `${day}/[$LATEST]${randomUUID().replaceAll('-', '')}`;
}

/** The threads of one function: one event at a time each, started when needed, kept when idle. */
export function makeFunctionPool(config: FunctionConfig): FunctionPool {
  const threads = new Set<Thread>();
  const waiting: Call[] = [];
  let isClosed = false;

  function spawn(): Thread {
    const logStream = makeLogStream();
    const workerData: ThreadData = {
      taskRoot: config.taskRoot,
      handler: config.handler,
      functionName: config.name,
      functionArn: config.arn,
      memoryMiB: config.memoryMiB,
      logGroup: config.logGroup,
      logStream,
    };
    const env = { ...config.environment, AWS_LAMBDA_LOG_STREAM_NAME: logStream };
    const worker = new Worker(threadUrl, {
      env,
      workerData,
      stdout: true,
      stderr: true,
      execArgv: [],
      name: config.name,
    });
    const thread: Thread = {
      worker,
      logStream,
      isReady: false,
      hasStarted: false,
      call: undefined,
      timer: undefined,
    };
    threads.add(thread);
    for (const stream of [worker.stdout, worker.stderr]) {
      createInterface({ input: stream }).on('line', (line) => config.onLine(logStream, line));
    }
    worker.on('message', (message: FromThread) => hear(thread, message));
    worker.on('error', (error: unknown) => lose(thread, crash(error)));
    worker.on('exit', (code) => lose(thread, exited(code)));
    thread.timer = setTimeout(() => expire(thread, initSeconds), initSeconds * 1000);
    return thread;
  }

  function hear(thread: Thread, message: FromThread): void {
    if (!threads.has(thread)) return;
    if (message.kind === 'ready') {
      thread.isReady = true;
      clearTimeout(thread.timer);
      if (thread.call) deliver(thread, thread.call);
    }
    if (message.kind === 'started') thread.hasStarted = true;
    if (message.kind === 'unloadable') lose(thread, message.error);
    if (message.kind === 'done')
      settle(thread, (requestId) => ({ ok: true, requestId, payload: message.payload }));
    if (message.kind === 'failed') {
      config.onLine(thread.logStream, `ERROR Invoke Error ${JSON.stringify(message.error)}`);
      settle(thread, (requestId) => ({ ok: false, requestId, error: message.error }));
    }
  }

  function deliver(thread: Thread, call: Call): void {
    const timeoutMs = config.timeoutSeconds * 1000;
    thread.hasStarted = false;
    thread.timer = setTimeout(() => expire(thread, config.timeoutSeconds), timeoutMs);
    const message: ToThread = {
      requestId: call.requestId,
      event: call.event,
      deadlineMs: Date.now() + timeoutMs,
    };
    thread.worker.postMessage(message);
  }

  function settle(thread: Thread, outcomeOf: (requestId: string) => InvokeOutcome): void {
    const { call } = thread;
    clearTimeout(thread.timer);
    thread.call = undefined;
    if (call) call.settle(outcomeOf(call.requestId));
    pump();
  }

  function expire(thread: Thread, seconds: number): void {
    const errorMessage = `Task timed out after ${seconds.toFixed(2)} seconds`;
    lose(thread, { errorType: 'Sandbox.Timedout', errorMessage });
  }

  function lose(thread: Thread, error: FunctionError): void {
    if (!threads.delete(thread)) return;
    void thread.worker.terminate();
    const { call } = thread;
    const isUnseen = thread.isReady && !thread.hasStarted && error.errorType !== 'Sandbox.Timedout';
    if (call && isUnseen && !call.wasRequeued) {
      // The thread died of its previous event before it saw this one.
      clearTimeout(thread.timer);
      waiting.unshift({ ...call, wasRequeued: true });
      pump();
      return;
    }
    config.onLine(
      thread.logStream,
      `RequestId: ${call?.requestId ?? 'none'} ${error.errorType}: ${error.errorMessage}`,
    );
    settle(thread, (requestId) => ({
      ok: false,
      requestId,
      error: { ...error, errorMessage: `RequestId: ${requestId} Error: ${error.errorMessage}` },
    }));
  }

  function pump(): void {
    while (!isClosed && waiting.length > 0) {
      const idle = [...threads].find((thread) => !thread.call);
      if (!idle && threads.size >= config.maxThreads) return;
      const call = waiting.shift();
      if (!call) return;
      const thread = idle ?? spawn();
      thread.call = call;
      if (thread.isReady) deliver(thread, call);
    }
  }

  return {
    config,
    invoke: (event) =>
      new Promise((resolve) => {
        waiting.push({ requestId: randomUUID(), event, settle: resolve });
        if (isClosed) abandon();
        else pump();
      }),
    async close() {
      isClosed = true;
      const open = [...threads];
      for (const thread of open) lose(thread, closing);
      abandon();
      await Promise.all(open.map((thread) => thread.worker.terminate()));
    },
  };

  function abandon(): void {
    for (const { requestId, settle: end } of waiting.splice(0)) end({ ok: false, requestId, error: closing });
  }
}

const closing: FunctionError = { errorType: 'Runtime.ExitError', errorMessage: 'The local cloud is closing' };

function crash(error: unknown): FunctionError {
  if (!(error instanceof Error))
    return { errorType: 'Runtime.UnhandledPromiseRejection', errorMessage: String(error) };
  return { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? '').split('\n') };
}

function exited(code: number): FunctionError {
  return { errorType: 'Runtime.ExitError', errorMessage: `Runtime exited with exit status ${code}` };
}
