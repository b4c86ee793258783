import type { TokenUsage } from '#contracts/usage.ts';
import { ModelError } from '#core/ports/model.ts';
import { readRetryAfterMs, type Verdict } from './judge-status.ts';

/** What an SDK's error comes to. */
export interface Failure {
  verdict: Verdict;
  message: string;
  /** Of the answer, where there was one. */
  headers: Headers | undefined;
}

/** A failed call as the worker knows it, with what the call is likely to be billed all the same. */
export function modelErrorOf(
  cause: unknown,
  { verdict, message, headers }: Failure,
  usage: TokenUsage | undefined,
  nowMs: number,
): ModelError {
  const retryAfterMs = readRetryAfterMs(headers, nowMs);
  return new ModelError(verdict.code, message, {
    cause,
    retryable: verdict.retryable,
    ...(verdict.remedy && { remedy: verdict.remedy }),
    ...(usage && { usage }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}
