import { AnthropicError, APIConnectionError, APIError } from '@anthropic-ai/sdk';
import type { ErrorCode } from '#contracts/errors.ts';
import type { TokenUsage } from '#contracts/usage.ts';
import { ModelError } from '#core/ports/model.ts';

interface Verdict {
  code: ErrorCode;
  retryable: boolean;
  remedy?: string;
}

const setKey = 'muster keys set anthropic';
const unavailable: Verdict = { code: 'provider_unavailable', retryable: true };
const refused: Verdict = { code: 'provider_refused', retryable: false };

/** By HTTP status; 408, 409, 429 and all from 500 are temporary. Source: the SDK's table of errors. */
const verdicts: Readonly<Record<number, Verdict>> = {
  401: { code: 'provider_key_missing', retryable: false, remedy: setKey },
  402: { ...refused, remedy: "Look at the billing of the key's organisation in the Claude console" },
  403: { ...refused, remedy: `Use a key that may do this: ${setKey}` },
  404: { code: 'unknown_model', retryable: false },
  408: unavailable,
  409: unavailable,
  413: { code: 'payload_too_large', retryable: false, remedy: 'Shorten the prompt' },
  429: unavailable,
};

/** Limits that a person has set: waiting does not lift them. They come with 429 all the same. */
const spendLimits = ['enforced_spend_limit_reached', 'contract_spend_limit_reached'];

/** Types of an error event in mid-stream, which has no status. */
const temporaryTypes = ['overloaded_error', 'api_error', 'rate_limit_error', 'timeout_error'];

/**
 * Translates what the SDK throws, by class, status and error code, never by text. What is not the SDK's own is
 * returned as it is: it is a fault of ours.
 */
export function toModelError(error: unknown, usage: TokenUsage | undefined, nowMs: number): unknown {
  if (!(error instanceof AnthropicError)) return error;
  const verdict = error instanceof APIError ? judge(error) : unavailable;
  const retryAfterMs = error instanceof APIError ? readRetryAfterMs(error.headers, nowMs) : undefined;
  return new ModelError(verdict.code, describe(error), {
    cause: error,
    retryable: verdict.retryable,
    ...(verdict.remedy && { remedy: verdict.remedy }),
    ...(usage && { usage }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}

function judge(error: APIError): Verdict {
  if (error.errorCode !== null && spendLimits.includes(error.errorCode)) {
    return {
      ...refused,
      remedy: 'Raise the spend limit in the Claude console, or wait until it starts anew',
    };
  }
  if (error instanceof APIConnectionError) return unavailable;
  if (error.status === undefined) return temporaryTypes.includes(error.type ?? '') ? unavailable : refused;
  if (error.status >= 500) return unavailable;
  return verdicts[error.status] ?? refused;
}

function describe(error: AnthropicError): string {
  if (!(error instanceof APIError)) return `The stream from Anthropic broke off: ${error.message}`;
  if (error instanceof APIConnectionError) return `Anthropic cannot be reached: ${error.message}`;
  const said = error.apiMessage ?? 'no message';
  const what =
    error.status === undefined ? `broke off with ${error.type ?? 'an error'}` : `answered ${error.status}`;
  const request = error.requestID ? ` (request ${error.requestID})` : '';
  return `Anthropic ${what}: ${said}${request}`;
}

function readRetryAfterMs(headers: Headers | undefined, nowMs: number): number | undefined {
  const ms = Number.parseFloat(headers?.get('retry-after-ms') ?? '');
  if (ms >= 0) return ms;
  const value = headers?.get('retry-after') ?? '';
  const seconds = Number(value);
  if (value !== '' && seconds >= 0) return seconds * 1_000;
  const atMs = Date.parse(value);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
}
