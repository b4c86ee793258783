import { AnthropicError, APIConnectionError, APIError } from '@anthropic-ai/sdk';
import type { TokenUsage } from '#contracts/usage.ts';
import { BrokenStream } from './broken-stream.ts';
import { judgeStatus, overSpendLimit, refused, unavailable, type Verdict } from './judge-status.ts';
import { modelErrorOf } from './model-error-of.ts';
import type { ProviderName } from './provider-names.ts';

/** Limits that a person has set. They come with 429 all the same. */
const spendLimits = ['enforced_spend_limit_reached', 'contract_spend_limit_reached'];

/** Types of an error event in mid-stream, which has no status. */
const temporaryTypes = ['overloaded_error', 'api_error', 'rate_limit_error', 'timeout_error'];

export function isAnthropicError(error: unknown): boolean {
  return error instanceof AnthropicError;
}

/** Translates what the SDK throws, by class, status and error code, never by text. */
export function toModelError(
  name: ProviderName,
  error: unknown,
  usage: TokenUsage | undefined,
  nowMs: number,
): unknown {
  if (!(error instanceof AnthropicError || error instanceof BrokenStream)) return error;
  const verdict = error instanceof APIError ? judge(error, name) : unavailable;
  const headers = error instanceof APIError ? error.headers : undefined;
  return modelErrorOf(error, { verdict, message: describe(error, name), headers }, usage, nowMs);
}

function judge(error: APIError, name: ProviderName): Verdict {
  if (error.errorCode !== null && spendLimits.includes(error.errorCode)) return overSpendLimit(name);
  if (error instanceof APIConnectionError) return unavailable;
  if (error.status === undefined) return temporaryTypes.includes(error.type ?? '') ? unavailable : refused;
  return judgeStatus(error.status, name);
}

function describe(error: AnthropicError | BrokenStream, { label }: ProviderName): string {
  if (!(error instanceof APIError)) return `The stream from ${label} broke off: ${error.message}`;
  if (error instanceof APIConnectionError) return `${label} cannot be reached: ${error.message}`;
  const said = error.apiMessage ?? 'no message';
  const what =
    error.status === undefined ? `broke off with ${error.type ?? 'an error'}` : `answered ${error.status}`;
  const request = error.requestID ? ` (request ${error.requestID})` : '';
  return `${label} ${what}: ${said}${request}`;
}
