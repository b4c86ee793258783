import { APIConnectionError, APIError, OpenAIError } from 'openai';
import type { TokenUsage } from '#contracts/usage.ts';
import { BrokenStream } from './broken-stream.ts';
import { judgeStatus, overSpendLimit, refused, unavailable, type Verdict } from './judge-status.ts';
import { modelErrorOf } from './model-error-of.ts';
import type { ProviderName } from './provider-names.ts';

/** Money that is used up, or a limit that a person has set. They come with 429. */
const spendCodes = ['insufficient_quota', 'billing_hard_limit_reached', 'billing_not_active'];

/** Codes of errors in mid-stream, which have no status, that another try does not lift. */
const finalCodes = [
  'invalid_prompt',
  'bio_policy',
  'misalignment_policy_violation',
  'data_residency_mismatch',
];

export function isOpenAiError(error: unknown): boolean {
  return error instanceof OpenAIError;
}

/** Translates what the SDK throws, by class, status and code, never by text. */
export function toModelError(
  name: ProviderName,
  error: unknown,
  usage: TokenUsage | undefined,
  nowMs: number,
): unknown {
  if (!(error instanceof OpenAIError || error instanceof BrokenStream)) return error;
  const verdict = error instanceof APIError ? judge(error, name) : unavailable;
  const headers = error instanceof APIError ? error.headers : undefined;
  return modelErrorOf(error, { verdict, message: describe(error, name), headers }, usage, nowMs);
}

function judge(error: APIError, name: ProviderName): Verdict {
  if (error instanceof APIConnectionError) return unavailable;
  const { code, type } = error;
  if (spendCodes.includes(code ?? '') || spendCodes.includes(type ?? '')) return overSpendLimit(name);
  // Google answers 400 for a key that it does not know.
  if (reasonsOf(error.error).includes('API_KEY_INVALID')) return judgeStatus(401, name);
  return error.status === undefined ? judgeCode(code ?? undefined, name) : judgeStatus(error.status, name);
}

/** What a failure is whose only sign is a code: of an error event, or of a response that failed. */
export function judgeCode(code: string | number | undefined, name: ProviderName): Verdict {
  if (code !== undefined && finalCodes.includes(String(code))) return refused;
  const status = Number(code);
  // Gateways put the status of the server behind them in its place.
  return status >= 400 && status < 600 ? judgeStatus(status, name) : unavailable;
}

function reasonsOf(body: unknown): unknown[] {
  const details: unknown = (body as { details?: unknown } | undefined)?.details;
  return Array.isArray(details) ? details.map((detail: { reason?: unknown } | null) => detail?.reason) : [];
}

function describe(error: OpenAIError | BrokenStream, { label }: ProviderName): string {
  if (!(error instanceof APIError)) return `The stream from ${label} broke off: ${error.message}`;
  if (error instanceof APIConnectionError) return `${label} cannot be reached: ${error.message}`;
  const said = (error.error as { message?: unknown } | undefined)?.message ?? error.message;
  const what =
    error.status === undefined ? `broke off with ${error.code ?? 'an error'}` : `answered ${error.status}`;
  const request = error.requestID ? ` (request ${error.requestID})` : '';
  return `${label} ${what}: ${String(said)}${request}`;
}
