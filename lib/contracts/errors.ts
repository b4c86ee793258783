/**
 * The closed list of things that can go wrong. HTTP status, exit code and whether a retry may help are looked
 * up here from the code; nothing matches on message text.
 */
export const errors = {
  invalid_request: { status: 400, exitCode: 2, retryable: false },
  not_supported_yet: { status: 400, exitCode: 2, retryable: false },
  invalid_cursor: { status: 400, exitCode: 2, retryable: false },
  unknown_model: { status: 400, exitCode: 2, retryable: false },
  unauthenticated: { status: 403, exitCode: 4, retryable: false },
  forbidden: { status: 403, exitCode: 4, retryable: false },
  not_found: { status: 404, exitCode: 3, retryable: false },
  unknown_route: { status: 404, exitCode: 3, retryable: false },
  method_not_allowed: { status: 405, exitCode: 2, retryable: false },
  job_ended: { status: 409, exitCode: 5, retryable: false },
  job_not_ended: { status: 409, exitCode: 5, retryable: true },
  no_result: { status: 409, exitCode: 5, retryable: false },
  stale_attempt: { status: 409, exitCode: 5, retryable: false },
  other_instance: { status: 409, exitCode: 5, retryable: false },
  job_stopping: { status: 409, exitCode: 5, retryable: false },
  result_mismatch: { status: 409, exitCode: 5, retryable: true },
  busy: { status: 409, exitCode: 6, retryable: true },
  payload_too_large: { status: 413, exitCode: 2, retryable: false },
  idempotency_key_reused: { status: 422, exitCode: 5, retryable: false },
  run_ended: { status: 409, exitCode: 5, retryable: false },
  schedule_exists: { status: 409, exitCode: 5, retryable: false },
  approval_decided: { status: 409, exitCode: 5, retryable: false },
  digest_mismatch: { status: 409, exitCode: 5, retryable: false },
  team_invalid: { status: 422, exitCode: 2, retryable: false },
  budget_exceeded: { status: 409, exitCode: 7, retryable: false },
  stopped: { status: 503, exitCode: 6, retryable: true },
  unavailable: { status: 503, exitCode: 6, retryable: true },
  internal: { status: 500, exitCode: 1, retryable: true },
  // Reasons that a job carries in `error.code`; they never leave the API as a status of their own.
  provider_key_missing: { status: 409, exitCode: 7, retryable: false },
  provider_refused: { status: 409, exitCode: 7, retryable: false },
  provider_unavailable: { status: 503, exitCode: 6, retryable: true },
  worker_lost: { status: 409, exitCode: 7, retryable: true },
  worker_error: { status: 409, exitCode: 7, retryable: true },
  start_failed: { status: 409, exitCode: 7, retryable: false },
  interrupted: { status: 409, exitCode: 7, retryable: true },
  capped: { status: 409, exitCode: 7, retryable: false },
  timed_out: { status: 409, exitCode: 7, retryable: true },
  deadline_passed: { status: 409, exitCode: 7, retryable: false },
  dependency_failed: { status: 409, exitCode: 7, retryable: false },
  run_budget_exceeded: { status: 409, exitCode: 7, retryable: false },
  plan_invalid: { status: 409, exitCode: 7, retryable: false },
  cancelled: { status: 409, exitCode: 7, retryable: false },
  // The command line's own.
  no_api: { status: 503, exitCode: 8, retryable: false },
} as const satisfies Record<string, { status: number; exitCode: number; retryable: boolean }>;

export type ErrorCode = keyof typeof errors;
export const errorCodes = Object.keys(errors) as [ErrorCode, ...ErrorCode[]];

/** What went wrong with one field of a request: `path` as JSON Pointer. */
export interface FieldFault {
  path: string;
  message: string;
}

export interface AppErrorOptions {
  cause?: unknown;
  /** What the reader can do about it, as one sentence or command. */
  remedy?: string;
  faults?: FieldFault[];
  /** Overrides the table's answer where the case is known better. */
  retryable?: boolean;
}

/** The one error class. `message` says what, which value, and what is allowed; it never holds a secret. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly remedy: string | undefined;
  readonly faults: FieldFault[] | undefined;
  readonly retryable: boolean;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.remedy = options.remedy;
    this.faults = options.faults;
    this.retryable = options.retryable ?? errors[code].retryable;
  }

  get status(): number {
    return errors[this.code].status;
  }

  get exitCode(): number {
    return errors[this.code].exitCode;
  }
}

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(errors, value);
}
