import type { ActionState, CycleRow } from '#contracts/cycle-row.ts';
import type { JobRow } from '#contracts/job-row.ts';
import { type ActionStatus, endedActionStatuses } from '#contracts/run-states.ts';
import { type ChangedRow, changeCycle } from '../change-row.ts';
import { ensureJob, type WantedJob } from '../ensure-job.ts';
import { haltCycle } from '../halt-run.ts';
import { isStopping, type Place, readRun } from '../place.ts';
import type { RunDeps } from '../run-deps.ts';

export interface At {
  run: string;
  cycle: number;
}

export interface ActionRequest extends At {
  action: number;
  revision: number;
  token: string;
}

/** Nothing is to be done: the machine goes on, and reads in the rows why. */
export async function goOn(deps: RunDeps, token: string): Promise<void> {
  await deps.workflow.succeed(token, {});
}

/** The job, unless the run was stopped meanwhile: whoever stopped it may not have seen this one yet. */
export async function startJob(deps: RunDeps, wanted: WantedJob): Promise<JobRow> {
  const job = await ensureJob(deps, wanted);
  await haltIfOver(deps, { run: wanted.run.id, cycle: wanted.place.cycle });
  return job;
}

/** Whoever stopped the run, or closed the cycle, may not have seen what was being made for it just now. */
export async function haltIfOver(deps: RunDeps, at: At): Promise<void> {
  const [run, cycle] = await Promise.all([readRun(deps, at.run), deps.runs.cycles.get(at)]);
  if (isStopping(run) || cycle?.end !== undefined) await haltCycle(deps, run, at.cycle);
}

/** Nothing of this cycle begins any more. A step may come when its cycle was closed without it. */
export function isOver({ run, cycle }: Pick<Place, 'run' | 'cycle'>): boolean {
  return isStopping(run) || cycle.end !== undefined;
}

export function hasEnded({ status }: { status: ActionStatus }): boolean {
  return (endedActionStatuses as readonly ActionStatus[]).includes(status);
}

/** All was done, or was left to the next cycle in good order. */
export function isCarriedOut({ actions }: Pick<CycleRow, 'actions'>): boolean {
  return actions.every(({ status }) => status === 'DONE' || status === 'CARRIED');
}

/** Changes one action of the cycle; nothing where `change` answers undefined. */
export function changeAction(
  deps: RunDeps,
  at: At,
  id: number,
  change: (action: ActionState, nowMs: number) => ActionState | undefined,
): Promise<ChangedRow<CycleRow>> {
  return changeCycle(deps, at, (cycle, nowMs) => {
    const action = cycle.actions.find((each) => each.id === id);
    const next = action && change(action, nowMs);
    if (!next) return undefined;
    return { ...cycle, actions: cycle.actions.map((each) => (each.id === id ? next : each)) };
  });
}

/** A document that a job has left. */
export async function readResult(deps: RunDeps, job: JobRow | undefined): Promise<unknown> {
  if (!job?.result) return undefined;
  const text = await deps.objects.get(job.result.key);
  return text === undefined ? undefined : JSON.parse(text);
}

/** What a step's job cost, whatever became of it. */
export async function costOf(deps: Pick<RunDeps, 'store'>, ids: readonly string[]): Promise<number> {
  if (ids.length === 0) return 0;
  const rows = await deps.store.getMany(ids);
  return rows.reduce((sum, { spentMicroUsd }) => sum + spentMicroUsd, 0);
}
