import { AppError, type ErrorCode, isErrorCode } from '#contracts/errors.ts';
import { problem } from '#contracts/job-view.ts';

/** Signatures are good for five minutes; from here on the clock is the likelier cause than the key. */
const skewMs = 4 * 60_000;

export interface Refusal {
  status: number;
  /** Parsed JSON, or undefined where the body was none. */
  body: unknown;
  /** The `Date` header. */
  date: string | null;
  nowMs: number;
}

/** The error that a refused call stands for: the server's own where it sent a problem document. */
export function problemToError(refusal: Refusal): AppError {
  const parsed = problem.safeParse(refusal.body);
  if (!parsed.success) return unspoken(refusal);
  const { code, detail, retryable, remedy, faults, traceId } = parsed.data;
  const trace = refusal.status >= 500 && traceId !== undefined ? ` (trace id ${traceId})` : '';
  const known = isErrorCode(code) ? code : 'internal';
  const options = { retryable, ...(remedy && { remedy }), ...(faults && { faults }) };
  return new AppError(known, `${isErrorCode(code) ? '' : `${code}: `}${detail}${trace}`, options);
}

/** Not from Muster's functions: the gateway before them refused, or something in between. */
function unspoken(refusal: Refusal): AppError {
  const { status } = refusal;
  const said = messageIn(refusal.body);
  const message = `the API answered ${status}${said === undefined ? '' : `: ${said}`}`;
  if (status === 401 || status === 403) return denied(refusal, message);
  return new AppError(codeOf(status), message);
}

function denied({ date, nowMs }: Refusal, message: string): AppError {
  const apart = date === null ? 0 : nowMs - Date.parse(date);
  if (Math.abs(apart) < skewMs) {
    return new AppError('forbidden', message, {
      remedy:
        'the key is not one that this API takes, or it lacks execute-api:Invoke on it; muster doctor tells which',
    });
  }
  const minutes = Math.round(Math.abs(apart) / 60_000);
  const direction = apart > 0 ? 'ahead of' : 'behind';
  return new AppError(
    'unauthenticated',
    `${message}; this machine's clock is ${minutes} minutes ${direction} the API's, and a signature holds for five`,
    { remedy: 'set the clock of this machine (sudo timedatectl set-ntp true), then try again' },
  );
}

function messageIn(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const { message, Message } = body as Record<string, unknown>;
  return [message, Message].find((value) => typeof value === 'string') as string | undefined;
}

function codeOf(status: number): ErrorCode {
  if (status === 404) return 'not_found';
  if (status === 413) return 'payload_too_large';
  if (status === 429 || (status >= 502 && status <= 504)) return 'unavailable';
  return status >= 500 ? 'internal' : 'invalid_request';
}
