export interface RetryPolicy {
  /** Upper bound of the first wait; doubles with every further failure. */
  baseMs: number;
  /** No wait is longer. */
  capMs: number;
}

/**
 * Capped exponential back-off with full jitter: anything from 0 to `baseMs × 2^(failures − 1)`, in whole
 * milliseconds. Full jitter, because many workers meet the same outage at the same moment.
 *
 * @param failures how often it has failed so far, at least 1
 * @param random a number from 0 up to, not including, 1
 */
export function retryDelayMs(failures: number, policy: RetryPolicy, random: () => number): number {
  const doublings = Math.min(Math.max(failures, 1) - 1, 30);
  const ceilingMs = Math.min(policy.capMs, policy.baseMs * 2 ** doublings);
  return Math.floor(random() * ceilingMs);
}
