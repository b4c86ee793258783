/** What the cloud and a function's thread say to each other. Events and results travel as JSON text. */
export interface ThreadData {
  taskRoot: string;
  handler: string;
  functionName: string;
  memoryMiB: number;
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

export type InvokeOutcome = { ok: true; payload: string } | { ok: false; error: FunctionError };

export type FromThread =
  | { kind: 'ready' }
  | { kind: 'unloadable'; error: FunctionError }
  | { kind: 'started' }
  | { kind: 'ended'; outcome: InvokeOutcome };

/** An error as Lambda tells it. */
export function toFunctionError(error: unknown, otherwise: string): FunctionError {
  if (!(error instanceof Error)) return { errorType: otherwise, errorMessage: String(error) };
  return { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? '').split('\n') };
}
