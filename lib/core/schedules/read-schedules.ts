import * as z from 'zod';
import type { Caller } from '#contracts/access.ts';
import type { ScheduleRow, ScheduleView } from '#contracts/schedule.ts';
import { mayTouch, requireProject } from '#core/access.ts';
import { openCursor, sealCursor } from '#core/jobs/cursor.ts';
import { parseWith } from '#core/jobs/parse-job-request.ts';
import { pagedQuery } from '#core/paged-query.ts';
import { stillRuns } from './look-around.ts';
import type { ScheduleDeps } from './schedule-deps.ts';
import { toScheduleView } from './schedule-view.ts';

const schedulesQuery = z.strictObject({
  ...pagedQuery,
});

/** By project and name. */
export async function listSchedules(
  deps: ScheduleDeps,
  caller: Caller,
  query: unknown,
): Promise<{ items: ScheduleView[]; cursor?: string }> {
  const { project, limit, cursor } = parseWith(schedulesQuery, query, 'the query');
  if (project !== undefined) requireProject(caller, project);
  const purpose = `schedules ${project ?? '*'} ${caller.arn}`;
  const behind = cursor === undefined ? '' : openCursor(deps.digest, purpose, cursor);
  const isWanted = (owner: string) => (project === undefined ? mayTouch(caller, owner) : owner === project);
  const keys = (await deps.schedules.listed())
    .filter(({ key }) => key > behind && isWanted(key.slice(0, key.indexOf('#'))))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  const page = keys.slice(0, limit);
  const rows = await Promise.all(page.map(({ id }) => deps.schedules.get(id)));
  // The index lags: a row may be another one's by now, or deleted.
  const shown = rows.filter((row) => row !== undefined && row.state !== 'deleted' && isWanted(row.project));
  const items = await Promise.all(shown.map((row) => viewOf(deps, row as ScheduleRow)));
  const last = page.at(-1)?.key;
  return keys.length > page.length && last !== undefined
    ? { items, cursor: sealCursor(deps.digest, purpose, last) }
    : { items };
}

export async function viewOf(deps: ScheduleDeps, row: ScheduleRow): Promise<ScheduleView> {
  const isBusy = await stillRuns(deps, row.active);
  return toScheduleView(deps.calendar, row, { nowMs: deps.clock.nowMs(), isBusy });
}
