/** A failure as the States Language knows it: what `Retry` and `Catch` look at, and how an execution fails. */
export class ExecutionFault extends Error {
  readonly error: string;
  /** Empty where nobody gave one. */
  readonly reason: string;

  constructor(error: string, reason = '') {
    super(`${error}: ${reason}`);
    this.name = 'ExecutionFault';
    this.error = error;
    this.reason = reason;
  }
}

export function runtimeFault(reason: string): ExecutionFault {
  return new ExecutionFault('States.Runtime', reason);
}

/** Of an input, an output, or what a state hands on; AWS's limit. */
export const maxPayloadBytes = 262_144;

export function requirePayload(text: string, what: string): void {
  const bytes = Buffer.byteLength(text);
  if (bytes <= maxPayloadBytes) return;
  const reason = `${what} has ${bytes} bytes; at most ${maxPayloadBytes} are allowed. Hand on where the data are instead.`;
  throw new ExecutionFault('States.DataLimitExceeded', reason);
}
