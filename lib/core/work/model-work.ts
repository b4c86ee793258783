import type { UsageEntry } from '#contracts/transcript.ts';
import { addUsage, noUsage, toUsd } from '#contracts/usage.ts';
import type { Transcript } from './transcript.ts';

/** Who answered, and what it took: all attempts of a conversation together. */
export function modelWorkOf(transcript: Transcript, model: string) {
  const usages = transcript.usages();
  const costMicroUsd = usages.reduce((sum, entry) => sum + entry.costMicroUsd, 0);
  return {
    model: usages.at(-1)?.model ?? model,
    usage: usages.reduce((sum, { usage }) => addUsage(sum, usage), noUsage),
    costUsd: toUsd(costMicroUsd),
    ...cachedIn(usages),
    ...(usages.some(({ offline }) => offline) && { offline: true as const }),
  };
}

/** How many of the answers were in the response cache. */
export function cachedIn(usages: readonly UsageEntry[]): { cachedAnswers?: number } {
  const cachedAnswers = usages.filter(({ cached }) => cached).length;
  return cachedAnswers > 0 ? { cachedAnswers } : {};
}
