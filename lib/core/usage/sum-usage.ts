import type { ActionState } from '#contracts/cycle-row.ts';
import type { Execution } from '#contracts/executions.ts';
import type { RunRow } from '#contracts/run-row.ts';
import {
  addUsage,
  noUsage,
  noWork,
  plusWork,
  type TokenUsage,
  toUsd,
  type UsageBy,
  type UsageItem,
  type WorkDone,
} from '#contracts/usage.ts';
import { isClaude, tokensOf } from '#core/money/provider-of.ts';
import type { LedgerEntry } from '#core/ports/job-store.ts';
import { workOfAction, workOfAttempt, workOfRun } from './count-work.ts';
import { dayOf } from './list-keys.ts';

interface Sum {
  calls: number;
  usage: TokenUsage;
  microUsd: number;
  cachedAnswers: number;
  savedMicroUsd: number;
  claudeTokens: number;
  work: WorkDone;
}

const nothing: Sum = {
  calls: 0,
  usage: noUsage,
  microUsd: 0,
  cachedAnswers: 0,
  savedMicroUsd: 0,
  claudeTokens: 0,
  work: noWork,
};

export type UsageSums = ReturnType<typeof makeSums>;

/** Adds up calls, attempts, actions and runs by what `by` says of each. */
export function makeSums(by: UsageBy) {
  const sums = new Map<string, Sum>();
  const change = (key: string | undefined, to: (sum: Sum) => Sum) => {
    if (key !== undefined) sums.set(key, to(sums.get(key) ?? nothing));
  };
  const addWork = (key: string | undefined, more: Partial<WorkDone>) =>
    change(key, (sum) => ({ ...sum, work: plusWork(sum.work, more) }));
  return {
    addCall: (entry: LedgerEntry) =>
      change(keyOf({ ...entry, endedAtMs: entry.atMs }, by), (sum) => plusCall(sum, entry)),
    addAttempt: (execution: Execution) => addWork(keyOf(execution, by), workOfAttempt(execution)),
    addAction: (run: RunRow, action: ActionState) =>
      addWork(keyOfAction(run, action, by), workOfAction(action)),
    addRun: (run: RunRow) => addWork(keyOfRun(run, by), workOfRun(run)),
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

function plusCall(sum: Sum, { model, usage, microUsd, savedMicroUsd }: LedgerEntry): Sum {
  const isCached = savedMicroUsd !== undefined;
  return {
    ...sum,
    calls: sum.calls + (isCached ? 0 : 1),
    usage: addUsage(sum.usage, usage),
    microUsd: sum.microUsd + microUsd,
    cachedAnswers: sum.cachedAnswers + (isCached ? 1 : 0),
    savedMicroUsd: sum.savedMicroUsd + (savedMicroUsd ?? 0),
    claudeTokens: sum.claudeTokens + (isClaude(model) ? tokensOf(usage) : 0),
  };
}

type Keyed = Pick<Execution, 'project' | 'jobId' | 'endedAtMs'> & {
  model?: string | undefined;
  run?: string | undefined;
  agent?: string | undefined;
};

function keyOf({ project, jobId, endedAtMs, model, run, agent }: Keyed, by: UsageBy): string {
  switch (by) {
    case 'project':
      return project;
    case 'model':
      return model ?? 'none';
    case 'day':
      return dayOf(endedAtMs);
    case 'job':
      return jobId;
    case 'run':
      return run ?? 'none';
    case 'agent':
      return agent ?? 'none';
    default:
      return by satisfies never;
  }
}

/** Several jobs work on an action. */
function keyOfAction(run: RunRow, { owner, endedAtMs = 0 }: ActionState, by: UsageBy): string | undefined {
  if (by === 'job') return undefined;
  const model = run.models[owner]?.model;
  return keyOf({ project: run.project, jobId: '', endedAtMs, model, run: run.id, agent: owner }, by);
}

/** A run is nobody's alone. */
function keyOfRun({ id, project, endedAtMs = 0 }: RunRow, by: UsageBy): string | undefined {
  if (by === 'job' || by === 'agent' || by === 'model') return undefined;
  return keyOf({ project, jobId: '', endedAtMs, run: id }, by);
}
