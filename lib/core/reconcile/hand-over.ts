import type { Deps } from '#core/ports/core-deps.ts';
import type { Courier } from '#core/ports/courier.ts';

/** Has another function look at what is due. Best effort: the rows stay due, so the next pass asks again. */
export async function handOver(
  { log, metrics }: Deps<'log' | 'metrics'>,
  courier: Courier | undefined,
  what: 'webhooks' | 'schedules' | 'recoveries',
  ids: readonly string[],
): Promise<void> {
  try {
    await courier?.send(ids);
  } catch (error) {
    metrics.count('DeliveryFailures');
    log.warn(`${what} not handed to their courier`, { [what]: ids, reason: String(error) });
  }
}
