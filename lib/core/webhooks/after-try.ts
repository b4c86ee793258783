import type { WebhookRow } from '#contracts/webhook.ts';

/**
 * Seconds before each try but the first, counted from the one before: 75 hours in all. Source: Standard Webhooks
 * 1.0.0, "Deliverability and reliability".
 */
const pausesSeconds = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400] as const;
export const triesMax = pausesSeconds.length + 1;
/** Of a pause, to either side: receivers that were down together are not asked together. */
const jitter = 0.1;

/** What came of a try. */
export type TryOutcome =
  | { kind: 'answered'; status: number }
  /** `isFinal`: no further try can go better, as it is the address that is refused. */
  | { kind: 'failed'; reason: string; isFinal: boolean };

/** What a receiver says for: never again. */
export const goneStatus = 410;

export function afterTry(row: WebhookRow, outcome: TryOutcome, nowMs: number, fraction: number): WebhookRow {
  if (outcome.kind === 'failed') {
    const { lastStatus: _, ...unanswered } = row;
    return outcome.isFinal
      ? giveUp(unanswered, outcome.reason, nowMs)
      : tryAgain(unanswered, outcome.reason, nowMs, fraction);
  }
  const { status } = outcome;
  const answered = { ...row, lastStatus: status };
  if (status >= 200 && status < 300) return delivered(answered, nowMs);
  if (status === goneStatus)
    return giveUp(answered, 'the receiver says that it is gone; nothing more is sent there', nowMs);
  return tryAgain(answered, reasonOf(status), nowMs, fraction);
}

function reasonOf(status: number): string {
  const isRedirect = status >= 300 && status < 400;
  return `the receiver answered ${status}${isRedirect ? '; redirects are not followed' : ''}`;
}

function delivered(row: WebhookRow, nowMs: number): WebhookRow {
  const { tryAtMs: _, reason: __, ...kept } = row;
  return { ...kept, status: 'delivered', endedAtMs: nowMs };
}

export function giveUp(row: WebhookRow, reason: string, nowMs: number): WebhookRow {
  const { tryAtMs: _, ...kept } = row;
  return { ...kept, status: 'dead', reason, endedAtMs: nowMs };
}

function tryAgain(row: WebhookRow, reason: string, nowMs: number, fraction: number): WebhookRow {
  const pauseSeconds = pausesSeconds[row.tries - 1];
  if (pauseSeconds === undefined) return giveUp(row, `given up after ${row.tries} tries: ${reason}`, nowMs);
  const pauseMs = pauseSeconds * 1_000 * (1 + jitter * (2 * fraction - 1));
  return { ...row, reason, tryAtMs: nowMs + Math.round(pauseMs) };
}
