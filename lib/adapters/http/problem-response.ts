import { AppError } from '#contracts/errors.ts';
import type { Problem } from '#contracts/job-view.ts';

/** Turns whatever was thrown into RFC 9457. What is not ours is told as `internal`, without its text. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  return new AppError('internal', 'something went wrong on our side; nothing is known to be half-written', {
    cause: error,
    remedy: 'try again; if it stays, look into the logs for the trace id',
  });
}

export function toProblem(error: AppError, traceId: string | undefined): Problem {
  return {
    // A name, not an address: what each code means is in docs/errors.md.
    type: `urn:muster:error:${error.code}`,
    title: error.code.replaceAll('_', ' '),
    status: error.status,
    detail: error.message,
    code: error.code,
    retryable: error.retryable,
    ...(error.remedy ? { remedy: error.remedy } : {}),
    ...(error.faults ? { faults: error.faults } : {}),
    ...(traceId ? { traceId } : {}),
  };
}

export function jsonResponse(status: number, body: unknown, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json', ...headers },
  });
}

export function problemResponse(error: AppError, traceId: string | undefined): Response {
  const headers: Record<string, string> = { 'content-type': 'application/problem+json' };
  if (error.status === 503 || error.status === 429) headers['retry-after'] = '5';
  return new Response(JSON.stringify(toProblem(error, traceId)), { status: error.status, headers });
}
