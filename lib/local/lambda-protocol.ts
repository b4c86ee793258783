/** What the cloud and a function's thread say to each other. Events and results travel as JSON text. */
export interface ThreadData {
  taskRoot: string;
  handler: string;
  functionName: string;
  functionArn: string;
  memoryMiB: number;
  logGroup: string;
  logStream: string;
}

export interface ToThread {
  requestId: string;
  event: string;
  deadlineMs: number;
}

export interface FunctionError {
  errorType: string;
  errorMessage: string;
  trace?: string[];
}

export type FromThread =
  | { kind: 'ready' }
  | { kind: 'unloadable'; error: FunctionError }
  | { kind: 'started' }
  | { kind: 'done'; payload: string }
  | { kind: 'failed'; error: FunctionError };

export type InvokeOutcome =
  | { ok: true; requestId: string; payload: string }
  | { ok: false; requestId: string; error: FunctionError };
