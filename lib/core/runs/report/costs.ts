import type { JobRow } from '#contracts/job-row.ts';
import type { TeamFile } from '#contracts/team.ts';
import { addUsage, noUsage, type TokenUsage } from '#contracts/usage.ts';
import { isClaude, providerOf, tokensOf } from '#core/money/provider-of.ts';
import type { LedgerEntry } from '#core/ports/job-store.ts';
import type { ReportData } from './report-data.ts';

export interface CostRow {
  name: string;
  /** Model calls. */
  calls: number;
  usage: TokenUsage;
  microUsd: number;
}

type Costs = Pick<ReportData, 'calls' | 'jobs' | 'team'>;

export function costByModel({ calls }: Costs): CostRow[] {
  return groupBy(calls, ({ model }) => model);
}

export function costByProvider({ calls }: Costs): CostRow[] {
  return groupBy(calls, ({ model }) => providerOf(model));
}

export function costByAgent({ calls, jobs, team }: Costs): CostRow[] {
  const byId = new Map(jobs.map((job) => [job.id, job]));
  return groupBy(calls, (call) => agentOf(call, byId.get(call.jobId), team));
}

export function costOfAll({ calls }: Costs): CostRow {
  return groupBy(calls, () => 'all')[0] ?? { name: 'all', calls: 0, usage: noUsage, microUsd: 0 };
}

/** What jobs have spent beyond their calls that are written down one by one: answers that never came. */
export function notItemised(costs: Costs): number {
  const spent = costs.jobs.reduce((sum, { spentMicroUsd }) => sum + spentMicroUsd, 0);
  return Math.max(0, spent - costOfAll(costs).microUsd);
}

/** Of the tokens, those that Claude models read and wrote. */
export function claudeTokens({ calls }: Costs): number {
  return calls.filter(({ model }) => isClaude(model)).reduce((sum, { usage }) => sum + tokensOf(usage), 0);
}

/** In a meeting each member has a conversation of its own, named after it; any other job is one agent's. */
function agentOf({ key }: LedgerEntry, job: JobRow | undefined, { agents }: TeamFile): string {
  const own = job?.run?.agent ?? 'unknown';
  if (job?.type !== 'meeting') return own;
  const [, conversation] = key.split('/');
  return agents.find(({ id }) => id.replaceAll('_', '-') === conversation)?.id ?? own;
}

/** The most expensive first, then the one with the most tokens. */
function groupBy(calls: readonly LedgerEntry[], nameOf: (call: LedgerEntry) => string): CostRow[] {
  const rows = new Map<string, CostRow>();
  for (const call of calls) {
    const name = nameOf(call);
    const row = rows.get(name) ?? { name, calls: 0, usage: noUsage, microUsd: 0 };
    const { usage, microUsd } = call;
    rows.set(name, {
      name,
      calls: row.calls + 1,
      usage: addUsage(row.usage, usage),
      microUsd: row.microUsd + microUsd,
    });
  }
  return [...rows.values()].sort(
    (a, b) => b.microUsd - a.microUsd || tokensOf(b.usage) - tokensOf(a.usage) || (a.name < b.name ? -1 : 1),
  );
}
