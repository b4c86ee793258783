import { addUsage, noUsage, type TokenUsage, toUsd, type UsageBy, type UsageItem } from '#contracts/usage.ts';
import type { LedgerEntry } from '#core/ports/job-store.ts';
import { dayOf } from './list-keys.ts';

interface Sum {
  calls: number;
  usage: TokenUsage;
  microUsd: number;
}

/** Adds up ledger entries by one of their properties. */
export function makeSums(by: UsageBy) {
  const sums = new Map<string, Sum>();
  return {
    add(entry: LedgerEntry): void {
      const key = keyOf(entry, by);
      const sum = sums.get(key) ?? { calls: 0, usage: noUsage, microUsd: 0 };
      sums.set(key, {
        calls: sum.calls + 1,
        usage: addUsage(sum.usage, entry.usage),
        microUsd: sum.microUsd + entry.microUsd,
      });
    },
    /** Days in their order, everything else by cost. */
    items(): UsageItem[] {
      const items = [...sums].map(([key, { calls, usage, microUsd }]) => ({
        key,
        calls,
        usage,
        costUsd: toUsd(microUsd),
      }));
      const byKey = (a: UsageItem, b: UsageItem) => (a.key < b.key ? -1 : 1);
      return items.sort(by === 'day' ? byKey : (a, b) => b.costUsd - a.costUsd || byKey(a, b));
    },
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
