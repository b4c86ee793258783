/** An error as the Messages API answers it. */
export class ApiFault extends Error {
  readonly status: number;
  readonly type: string;
  readonly errorCode: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(
    status: number,
    type: string,
    message: string,
    more: { errorCode?: string | undefined; retryAfterSeconds?: number | undefined } = {},
  ) {
    super(message);
    this.status = status;
    this.type = type;
    this.errorCode = more.errorCode;
    this.retryAfterSeconds = more.retryAfterSeconds;
  }
}

export function invalid(message: string): ApiFault {
  return new ApiFault(400, 'invalid_request_error', message);
}

export function toErrorBody(fault: Pick<ApiFault, 'type' | 'message' | 'errorCode'>, requestId: string) {
  const details = fault.errorCode === undefined ? {} : { details: { error_code: fault.errorCode } };
  return {
    type: 'error',
    error: { type: fault.type, message: fault.message, ...details },
    request_id: requestId,
  };
}
