import type { Caller } from '#contracts/access.ts';
import { AppError } from '#contracts/errors.ts';
import { limits } from '#contracts/limits.ts';
import { type ScheduleRequest, type ScheduleRow, scheduleRequest } from '#contracts/schedule.ts';
import { mayReadBill, requireProject } from '#core/access.ts';
import { canonicalJson } from '#core/jobs/canonical-json.ts';
import { parseWith, requireShallow } from '#core/jobs/parse-job-request.ts';
import { checkStarts, checkTimes, requireAlarm } from './check-schedule.ts';
import type { ScheduleDeps } from './schedule-deps.ts';

export interface CreatedSchedule {
  row: ScheduleRow;
  /** True where the same schedule is there already. */
  replayed: boolean;
}

/**
 * Makes a schedule in one conditional write. Its id follows from project and name, so saying it again finds it.
 *
 * @throws AppError `invalid_request`, `not_found` (project or team), `forbidden`, `payload_too_large`,
 *   `schedule_exists`, `busy`
 */
export async function createSchedule(
  deps: ScheduleDeps,
  caller: Caller,
  body: unknown,
): Promise<CreatedSchedule> {
  requireShallow(body);
  const request = parseWith(scheduleRequest, body, 'the schedule');
  requireProject(caller, request.project);
  requireBill(caller, request);
  const id = scheduleIdOf(deps, request);
  const requestSha256 = deps.digest.sha256(canonicalJson(request));
  const earlier = await deps.schedules.get(id);
  if (earlier && earlier.state !== 'deleted') return replay(earlier, requestSha256);
  // Deleted while a start was under way: where that ends has to stay known.
  if (earlier?.pending)
    throw new AppError(
      'busy',
      `the schedule "${request.name}" that was deleted is still starting something`,
      {
        remedy: 'try again in two minutes, or take another name',
      },
    );
  await checkStarts(deps, request);
  const nowMs = deps.clock.nowMs();
  const times = checkTimes(deps, request, nowMs);
  await requireAlarm(deps, request.when);
  await requireRoom(deps);
  await deps.projects.note(request.project);
  const row: ScheduleRow = {
    schemaVersion: 1,
    version: (earlier?.version ?? 0) + 1,
    id,
    callerArn: caller.arn,
    requestSha256,
    ...partsOf(request),
    ...times,
    state: 'active',
    recent: [],
    counts: { started: 0, skipped: 0, missed: 0 },
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
  };
  const isWritten = await (earlier ? deps.schedules.replace(row) : deps.schedules.create(row));
  if (!isWritten) return createSchedule(deps, caller, body);
  deps.log.info('schedule made', { schedule: id, name: row.name, project: row.project });
  return { row, replayed: false };
}

/** The bill is that of all projects, and of whatever else is in the account. */
function requireBill(caller: Caller, { starts }: ScheduleRequest): void {
  if (starts.with !== 'spending' || mayReadBill(caller)) return;
  throw new AppError('forbidden', `${caller.arn} may not read what the whole account costs`, {
    remedy: 'leave out "with", or ask somebody who may touch every project to make this schedule',
  });
}

function partsOf({ name, project, when, starts, overlap }: ScheduleRequest) {
  return { name, project, when, starts, overlap };
}

export function scheduleIdOf(
  { digest }: Pick<ScheduleDeps, 'digest'>,
  { project, name }: Pick<ScheduleRequest, 'project' | 'name'>,
): string {
  return `schedule-${digest.sha256(`${project}\n${name}`).slice(0, 16)}`;
}

function replay(row: ScheduleRow, requestSha256: string): CreatedSchedule {
  if (row.requestSha256 === requestSha256) return { row, replayed: true };
  throw new AppError(
    'schedule_exists',
    `project "${row.project}" has another schedule "${row.name}" (${row.id})`,
    { remedy: `take another name, or delete that one: muster schedule delete ${row.id}` },
  );
}

/** By an index, which lags: made at the same moment, a few more may come to be. */
async function requireRoom({ schedules }: ScheduleDeps): Promise<void> {
  const { length } = await schedules.listed();
  if (length < limits.schedules) return;
  throw new AppError(
    'invalid_request',
    `there are ${length} schedules; at most ${limits.schedules} are taken`,
    {
      remedy: 'delete those that are over: muster schedule list',
    },
  );
}
