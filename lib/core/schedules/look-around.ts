import type { Caller } from '#contracts/access.ts';
import { AppError } from '#contracts/errors.ts';
import { isTerminal } from '#contracts/job-states.ts';
import type { ScheduleRow, StartedWork } from '#contracts/schedule.ts';
import { mayReadBill, mayTouch, resolveCaller } from '#core/access.ts';
import { isStopped } from '#core/operations/is-stopped.ts';
import type { Surroundings } from './advance.ts';
import type { ScheduleDeps } from './schedule-deps.ts';

export async function lookAround(deps: ScheduleDeps, row: ScheduleRow): Promise<Surroundings> {
  const [stopped, isBusy] = await Promise.all([isStopped(deps), stillRuns(deps, row.active)]);
  return { isStopped: stopped, isBusy, refusal: refusalOf(deps, row) };
}

/** What is not there any more has ended long ago. */
export async function stillRuns(
  { runs, store }: Pick<ScheduleDeps, 'runs' | 'store'>,
  work: StartedWork | undefined,
): Promise<boolean> {
  if (!work) return false;
  if (work.kind === 'run') {
    const run = await runs.runs.get(work.id);
    return run !== undefined && run.endedAtMs === undefined;
  }
  const job = await store.get(work.id);
  return job !== undefined && !isTerminal(job.status);
}

/** @throws what the alarm could not be looked at with: the tick is held on, and due again */
export async function stillRings(
  { alarms }: Pick<ScheduleDeps, 'alarms'>,
  { held }: ScheduleRow,
): Promise<boolean> {
  if (held?.alarm === undefined) return false;
  return (await alarms.read(held.alarm.name))?.state === 'ALARM';
}

/** Rights are those of now: who left, or lost the project, starts nothing any more. */
function refusalOf(
  { access }: ScheduleDeps,
  { callerArn, project, starts }: ScheduleRow,
): string | undefined {
  try {
    const caller = resolveCaller(access, callerArn);
    if (!mayTouch(caller, project)) return `${callerArn} may not use project "${project}" any more`;
    return starts.with !== 'spending' || mayReadBill(caller)
      ? undefined
      : `${callerArn} may not read what the whole account costs any more`;
  } catch (error) {
    if (error instanceof AppError) return error.message;
    throw error;
  }
}

/** Whose the started work is. Their rights were looked up before the tick was claimed. */
export function ownerOf({ callerArn, project }: ScheduleRow): Caller {
  return { arn: callerArn, projects: [project], approver: false };
}
