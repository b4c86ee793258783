import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { Worker } from 'node:worker_threads';
import {
  type FromThread,
  type FunctionError,
  type InvokeOutcome,
  type ThreadData,
  type ToThread,
  toFunctionError,
} from './lambda-protocol.ts';

/** Of one function at most; Lambda itself would start a thousand. */
export const threadsPerFunction = 4;
/** Lambda gives the code outside the handler ten seconds; a laptop that is busy with other things needs more. */
const initSeconds = 30;

export interface FunctionConfig {
  name: string;
  taskRoot: string;
  /** `<file without extension>.<export>` */
  handler: string;
  timeoutSeconds: number;
  memoryMiB: number;
  maxThreads: number;
  environment: Record<string, string>;
  onLine(logStream: string, line: string): void;
}

export interface FunctionPool {
  /** Never rejects: what goes wrong in a function is its outcome. */
  invoke(event: string, requestId?: string): Promise<InvokeOutcome>;
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

const closing: FunctionError = { errorType: 'Runtime.ExitError', errorMessage: 'The local cloud is closing' };

// Published packages hold JavaScript: Node does not strip types under node_modules.
const threadUrl = new URL(
  `./lambda-thread${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`,
  import.meta.url,
);

function makeLogStream(): string {
  const day = new Date().toISOString().slice(0, 10).replaceAll('-', '/');
  return `${day}/[$LATEST]${randomUUID().replaceAll('-', '')}`;
}

function startWorker({ taskRoot, handler, name, memoryMiB, environment }: FunctionConfig): Worker {
  const workerData: ThreadData = { taskRoot, handler, functionName: name, memoryMiB };
  return new Worker(threadUrl, {
    env: environment,
    workerData,
    stdout: true,
    stderr: true,
    execArgv: [],
    name,
  });
}

/** The threads of one function: one event at a time each, started when needed, kept when idle. */
export function makeFunctionPool(config: FunctionConfig): FunctionPool {
  const threads = new Set<Thread>();
  const waiting: Call[] = [];
  let isClosed = false;

  function spawn(): Thread {
    const worker = startWorker(config);
    const logStream = makeLogStream();
    const timer = setTimeout(() => expire(thread, initSeconds), initSeconds * 1000);
    const thread: Thread = { worker, logStream, isReady: false, hasStarted: false, call: undefined, timer };
    threads.add(thread);
    for (const stream of [worker.stdout, worker.stderr])
      createInterface({ input: stream }).on('line', (line) => config.onLine(logStream, line));
    worker.on('message', (message: FromThread) => hear(thread, message));
    worker.on('error', (error: unknown) =>
      lose(thread, toFunctionError(error, 'Runtime.UnhandledPromiseRejection')),
    );
    worker.on('exit', (code) => lose(thread, exited(code)));
    return thread;
  }

  function hear(thread: Thread, message: FromThread): void {
    if (!threads.has(thread)) return;
    if (message.kind === 'ready') {
      thread.isReady = true;
      clearTimeout(thread.timer);
      if (thread.call) deliver(thread, thread.call);
      pump();
    }
    if (message.kind === 'started') thread.hasStarted = true;
    if (message.kind === 'unloadable') lose(thread, message.error);
    if (message.kind === 'ended') settle(thread, message.outcome);
  }

  function deliver(thread: Thread, { requestId, event }: Call): void {
    const timeoutMs = config.timeoutSeconds * 1000;
    thread.hasStarted = false;
    thread.timer = setTimeout(() => expire(thread, config.timeoutSeconds), timeoutMs);
    const message: ToThread = { requestId, event, deadlineMs: Date.now() + timeoutMs };
    thread.worker.postMessage(message);
  }

  function settle(thread: Thread, outcome: InvokeOutcome): void {
    const { call } = thread;
    clearTimeout(thread.timer);
    thread.call = undefined;
    if (!outcome.ok)
      config.onLine(
        thread.logStream,
        `RequestId: ${call?.requestId ?? 'none'} ${JSON.stringify(outcome.error)}`,
      );
    call?.settle(outcome);
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
    settle(thread, { ok: false, error });
  }

  const isStarting = (): boolean => [...threads].some((thread) => !thread.isReady);

  function pump(): void {
    while (!isClosed && waiting.length > 0) {
      const idle = [...threads].find((thread) => !thread.call);
      // One starts at a time: what waits is mostly over before a second one would have loaded its code.
      if (!idle && (threads.size >= config.maxThreads || isStarting())) return;
      const call = waiting.shift();
      if (!call) return;
      const thread = idle ?? spawn();
      thread.call = call;
      if (thread.isReady) deliver(thread, call);
    }
  }

  function abandon(): void {
    for (const { settle: end } of waiting.splice(0)) end({ ok: false, error: closing });
  }

  return {
    invoke: (event, requestId = randomUUID()) =>
      new Promise((resolve) => {
        waiting.push({ requestId, event, settle: resolve });
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
}

function exited(code: number): FunctionError {
  return { errorType: 'Runtime.ExitError', errorMessage: `Runtime exited with exit status ${code}` };
}
