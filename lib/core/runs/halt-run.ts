import type { Caller } from '#contracts/access.ts';
import type { CycleRow } from '#contracts/cycle-row.ts';
import { AppError } from '#contracts/errors.ts';
import { isTerminal } from '#contracts/job-states.ts';
import type { RunRow } from '#contracts/run-row.ts';
import { cancelJob } from '#core/jobs/cancel-job.ts';
import { cancelGate } from './gates.ts';
import { cancelRecovery } from './recovery/change-recovery.ts';
import type { RunDeps } from './run-deps.ts';

/**
 * Tells all that a cycle which is to stop has going: jobs, gates, the watch of an alarm. Each of them then tells the state that waits for it, and the
 * machine goes on to Close by itself. The cycle is named, because its run may be in the next one by now.
 *
 * @returns whether the cycle has been closed, so that nothing of it can begin any more
 */
export async function haltCycle(deps: RunDeps, run: RunRow, number: number): Promise<boolean> {
  const cycle = await deps.runs.cycles.get({ run: run.id, cycle: number });
  if (!cycle) return run.endedAtMs !== undefined;
  const caller: Caller = { arn: run.stoppedBy ?? run.callerArn, projects: [run.project], approver: false };
  for (const row of await deps.store.getMany(jobsOf(cycle)))
    if (!isTerminal(row.status) && row.stopCause !== 'cancel') await cancelUnlessEnded(deps, caller, row.id);
  for (const gate of gatesOf(cycle)) await cancelGate(deps, gate);
  if (cycle.recovery !== undefined) await cancelRecovery(deps, cycle.recovery);
  return cycle.end !== undefined;
}

/** It may end by itself before it hears of this. */
async function cancelUnlessEnded(deps: RunDeps, caller: Caller, id: string): Promise<void> {
  try {
    await cancelJob(deps, caller, id);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'job_ended') throw error;
  }
}

/** Every job that a cycle has made so far. */
export function jobsOf({ planningJob, reviewJob, actions }: CycleRow): string[] {
  return [planningJob, ...actions.flatMap(({ jobs }) => jobs), reviewJob].filter((id) => id !== undefined);
}

export function gatesOf({ planGate, releaseGate, actions }: CycleRow): string[] {
  return [planGate, ...actions.map(({ gate }) => gate), releaseGate].filter((id) => id !== undefined);
}
