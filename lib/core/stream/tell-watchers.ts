import { type StreamMessage, streamLimits } from '#contracts/stream.ts';
import type { Deps } from '#core/ports/core-deps.ts';
import type { Stream } from '#core/ports/stream.ts';

export type TellDeps = Deps<'log' | 'metrics'> & { stream?: Stream };

/**
 * Tells whoever watches a job or a run, after what is told has been written. Best effort: watchers find gaps by
 * themselves and read the log, so a failure costs them time and nobody else anything. Answers whether there are any.
 */
export async function tellWatchers(
  { stream, log, metrics }: TellDeps,
  id: string,
  make: () => readonly StreamMessage[],
): Promise<boolean> {
  if (!stream) return false;
  try {
    const connections = await stream.watchers(id);
    if (connections.length === 0) return false;
    const told = connections.slice(0, streamLimits.connectionsPushedTo);
    const texts = make().map((message) => JSON.stringify(message));
    const { missed } = await stream.push(id, told, texts);
    if (missed > 0) metrics.count('PushFailures', missed);
    return true;
  } catch (error) {
    metrics.count('PushFailures');
    log.warn('watchers were not told', { watch: id, reason: String(error) });
    return false;
  }
}
