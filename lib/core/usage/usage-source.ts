import type { UsageBy } from '#contracts/usage.ts';
import type { Deps } from '#core/ports/core-deps.ts';
import type { RunStore } from '#core/ports/run-store.ts';
import type { UsageSums } from './sum-usage.ts';

export type UsageDeps = Deps<
  'ledger' | 'executions' | 'projects' | 'months' | 'settings' | 'digest' | 'clock'
> & {
  runs: Pick<RunStore, 'listedRuns' | 'runs' | 'cycles'>;
};

/** What is added up, and from where on: a source says where it has stopped, or nothing once it is read to its end. */
export interface UsageQuestion {
  projects: readonly string[];
  /** Days, both included. */
  from: string;
  to: string;
  by: UsageBy;
}
export type UsageSource = (
  deps: UsageDeps,
  question: UsageQuestion,
  position: string | undefined,
  sums: UsageSums,
) => Promise<string | undefined>;
