import { addUsage, noUsage, type TokenUsage, toUsd, type UsageBy, type UsageItem } from '#contracts/usage.ts';
import type { LedgerEntry } from '#core/ports/job-store.ts';
import { dayOf } from './list-keys.ts';

interface Sum {
  calls: number;
  usage: TokenUsage;
  microUsd: number;
  cachedAnswers: number;
  savedMicroUsd: number;
}

const nothing: Sum = { calls: 0, usage: noUsage, microUsd: 0, cachedAnswers: 0, savedMicroUsd: 0 };

/** Adds up ledger entries by one of their properties. */
export function makeSums(by: UsageBy) {
  const sums = new Map<string, Sum>();
  return {
    add(entry: LedgerEntry): void {
      const key = keyOf(entry, by);
      sums.set(key, plus(sums.get(key) ?? nothing, entry));
    },
    /** Days in their order, everything else by cost. */
    items(): UsageItem[] {
      const items = [...sums].map(([key, { microUsd, savedMicroUsd, ...sum }]) => ({
        key,
        ...sum,
        costUsd: toUsd(microUsd),
        savedUsd: toUsd(savedMicroUsd),
      }));
      const byKey = (a: UsageItem, b: UsageItem) => (a.key < b.key ? -1 : 1);
      return items.sort(by === 'day' ? byKey : (a, b) => b.costUsd - a.costUsd || byKey(a, b));
    },
  };
}

function plus(sum: Sum, { usage, microUsd, savedMicroUsd }: LedgerEntry): Sum {
  const isCached = savedMicroUsd !== undefined;
  return {
    calls: sum.calls + (isCached ? 0 : 1),
    usage: addUsage(sum.usage, usage),
    microUsd: sum.microUsd + microUsd,
    cachedAnswers: sum.cachedAnswers + (isCached ? 1 : 0),
    savedMicroUsd: sum.savedMicroUsd + (savedMicroUsd ?? 0),
  };
}

function keyOf(entry: LedgerEntry, by: UsageBy): string {
  switch (by) {
    case 'project':
      return entry.project;
    case 'model':
      return entry.model;
    case 'day':
      return dayOf(entry.atMs);
    case 'job':
      return entry.jobId;
    case 'run':
      return entry.run ?? 'none';
    case 'agent':
      return entry.agent ?? 'none';
    default:
      return by satisfies never;
  }
}
