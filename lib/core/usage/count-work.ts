import type { ActionState } from '#contracts/cycle-row.ts';
import type { Execution } from '#contracts/executions.ts';
import type { RunRow } from '#contracts/run-row.ts';
import type { WorkDone } from '#contracts/usage.ts';

export function workOfAttempt({
  startedAtMs,
  endedAtMs,
  outcome,
  compute,
  isLast,
}: Execution): Partial<WorkDone> {
  const seconds = Math.max(0, endedAtMs - startedAtMs) / 1000;
  return {
    attempts: 1,
    seconds,
    vcpuSeconds: (seconds * (compute?.cpu ?? 0)) / 1024,
    gibSeconds: (seconds * (compute?.memoryMiB ?? 0)) / 1024,
    jobs: isLast ? 1 : 0,
    jobsSucceeded: isLast && outcome === 'SUCCEEDED' ? 1 : 0,
  };
}

/** What was skipped, carried over or stopped says nothing of who owned it. */
export function isCarriedOut({ status }: ActionState): boolean {
  return status === 'DONE' || status === 'FAILED' || status === 'UNPROVEN';
}

export function workOfAction(action: ActionState): Partial<WorkDone> {
  const { status, revision, checks, startedAtMs, endedAtMs, verdicts = {} } = action;
  const isDone = status === 'DONE';
  const tookMs = isDone && startedAtMs !== undefined && endedAtMs !== undefined ? endedAtMs - startedAtMs : 0;
  return {
    actions: 1,
    actionsDone: isDone ? 1 : 0,
    actionsAtFirstTry: isDone && revision === 0 && checks === 0 ? 1 : 0,
    actionSeconds: Math.max(0, tookMs) / 1000,
    criteria: Object.keys(verdicts).length,
    criteriaMet: Object.values(verdicts).filter((verdict) => verdict === 'met').length,
  };
}

export function workOfRun({ status }: RunRow): Partial<WorkDone> {
  return { runs: 1, runsSucceeded: status === 'SUCCEEDED' ? 1 : 0 };
}
