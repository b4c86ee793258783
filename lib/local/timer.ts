import { setTimeout as delay } from 'node:timers/promises';

/** A longer timer of Node's fires at once. */
const longestTimerMs = 2 ** 31 - 1;

export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>;

/** Waits however long, and keeps no process alive for it. Rejects with the signal's reason when that is aborted. */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  const untilMs = Date.now() + ms;
  for (let leftMs = ms; leftMs > 0; leftMs = untilMs - Date.now()) {
    // An abort is rethrown below, as the reason that its owner gave.
    await delay(Math.min(leftMs, longestTimerMs), undefined, { signal, ref: false }).catch(() => undefined);
    signal.throwIfAborted();
  }
}
