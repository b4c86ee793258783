import type { CycleRow } from '#contracts/cycle-row.ts';
import type { RunRow } from '#contracts/run-row.ts';
import type { RunDeps } from './run-deps.ts';

/** A member's turn is a write of the meeting's row. */
const silentMs = 300_000;
const stalledMs = 600_000;

/** Counts what should move and does not: a meeting in which nobody speaks, a plan that nobody begins. */
export async function countSilence(deps: RunDeps, run: RunRow): Promise<void> {
  if (run.status !== 'RUNNING' || run.waitsFor.length > 0) return;
  const cycle = await deps.runs.cycles.get({ run: run.id, cycle: run.cycle });
  if (!cycle || cycle.end !== undefined) return;
  if (await isMeetingSilent(deps, cycle)) {
    deps.metrics.count('MeetingsSilent');
    deps.log.warn('meeting silent', { run: run.id, job: cycle.planningJob });
  }
  if (isHandoffStalled(cycle, deps.clock.nowMs())) {
    deps.metrics.count('HandoffsStalled');
    deps.log.warn('no action begun', { run: run.id, cycle: cycle.cycle });
  }
}

async function isMeetingSilent(deps: RunDeps, { planningJob, outcome }: CycleRow): Promise<boolean> {
  if (planningJob === undefined || outcome !== undefined) return false;
  const job = await deps.store.get(planningJob);
  return job?.status === 'RUNNING' && deps.clock.nowMs() - job.updatedAtMs >= silentMs;
}

function isHandoffStalled({ decision, stopsAs, actions, updatedAtMs }: CycleRow, nowMs: number): boolean {
  if (decision !== 'go' || stopsAs !== undefined) return false;
  // What was carried over or passed over has ended without having begun.
  const isUntouched = actions.every((action) => (action.startedAtMs ?? action.endedAtMs) === undefined);
  return isUntouched && nowMs - updatedAtMs >= stalledMs;
}
