import type { ErrorCode } from '#contracts/errors.ts';
import type { ProviderName } from './provider-names.ts';

export interface Verdict {
  code: ErrorCode;
  retryable: boolean;
  remedy?: string;
}

export const unavailable: Verdict = { code: 'provider_unavailable', retryable: true };
export const refused: Verdict = { code: 'provider_refused', retryable: false };

/** A limit that a person has set, or money that is used up: waiting does not lift it. */
export function overSpendLimit({ label }: ProviderName): Verdict {
  return { ...refused, remedy: `Raise the spend limit at ${label}, or wait until it starts anew` };
}

/** What an HTTP status of a model provider means. 408, 409, 429 and all from 500 are temporary. */
export function judgeStatus(status: number, { label, keyRemedy }: ProviderName): Verdict {
  if (status >= 500) return unavailable;
  switch (status) {
    case 401:
      return { code: 'provider_key_missing', retryable: false, remedy: keyRemedy };
    case 402:
      return { ...refused, remedy: `Look at the billing of the key's organisation at ${label}` };
    case 403:
      return { ...refused, remedy: `Use a key that may do this: ${keyRemedy}` };
    case 404:
      return { code: 'unknown_model', retryable: false };
    case 413:
      return { code: 'payload_too_large', retryable: false, remedy: 'Shorten the prompt' };
    case 408:
    case 409:
    case 429:
      return unavailable;
    default:
      return refused;
  }
}

/** `retry-after` in seconds or as a date, or `retry-after-ms`; undefined without one that can be read. */
export function readRetryAfterMs(headers: Headers | undefined, nowMs: number): number | undefined {
  const ms = Number.parseFloat(headers?.get('retry-after-ms') ?? '');
  if (ms >= 0) return ms;
  const value = headers?.get('retry-after') ?? '';
  const seconds = Number(value);
  if (value !== '' && seconds >= 0) return seconds * 1_000;
  const atMs = Date.parse(value);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
}
