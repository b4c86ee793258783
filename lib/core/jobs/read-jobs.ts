import * as z from 'zod';
import type { Caller } from '#contracts/access.ts';
import { AppError } from '#contracts/errors.ts';
import type { NumberedEvent } from '#contracts/job-events.ts';
import { jobType } from '#contracts/job-request.ts';
import type { JobRow } from '#contracts/job-row.ts';
import { jobStatuses } from '#contracts/job-states.ts';
import type { FileView } from '#contracts/job-view.ts';
import { limits } from '#contracts/limits.ts';
import { runId } from '#contracts/run-states.ts';
import { mayTouch } from '#core/access.ts';
import { listNewest } from '#core/list-newest.ts';
import { pagedQuery } from '#core/paged-query.ts';
import type { Deps } from '#core/ports/core-deps.ts';
import { utf8Length } from '#core/work/utf8.ts';
import { listArtifacts } from './artifacts.ts';
import { jobNotFound } from './change-job.ts';
import { eventCursor, openEventCursor } from './event-cursor.ts';
import { parseWith } from './parse-job-request.ts';

/** The row, for a caller who may touch its project; otherwise it does not exist. */
export async function readJob(deps: Deps<'store'>, caller: Caller, id: string): Promise<JobRow> {
  const row = await deps.store.get(id);
  if (!row || !mayTouch(caller, row.project)) throw jobNotFound(id);
  return row;
}

/**
 * The result document of a job that succeeded, as stored.
 *
 * @throws AppError `not_found`, `job_not_ended` (retryable), `no_result` with the job's own error
 */
export async function readResult(
  deps: Deps<'store' | 'objects'>,
  caller: Caller,
  id: string,
): Promise<string> {
  const row = await readJob(deps, caller, id);
  if (row.endedAtMs === undefined) {
    throw new AppError('job_not_ended', `job ${id} is ${row.status}; there is no result yet`, {
      remedy: `wait for it: muster job watch ${id}`,
    });
  }
  const stored = row.result ? await deps.objects.get(row.result.key) : undefined;
  if (stored !== undefined) return stored;
  if (row.result) throw new AppError('no_result', `the result of job ${id} has expired`);
  const why = row.error ? `: ${row.error.code}: ${row.error.message}` : '';
  throw new AppError('no_result', `job ${id} ended ${row.status} and has no result${why}`, {
    remedy: row.error?.remedy ?? `run it again: muster job retry ${id}`,
  });
}

const listQuery = z.strictObject({
  ...pagedQuery,
  status: z.enum(jobStatuses).optional(),
  type: jobType.optional(),
  run: runId.optional(),
});

export interface JobPage {
  rows: JobRow[];
  cursor?: string;
}

export async function listJobs(
  deps: Deps<'store' | 'projects' | 'digest'>,
  caller: Caller,
  query: unknown,
): Promise<JobPage> {
  const { project, limit, cursor, ...filter } = parseWith(listQuery, query, 'the query');
  return listNewest(deps, caller, {
    purpose: `jobs ${JSON.stringify(filter)}`,
    project,
    limit,
    cursor,
    keys: (asked) => deps.store.listed(asked),
    read: async (ids) => {
      const rows = new Map((await deps.store.getMany(ids)).map((row) => [row.id, row]));
      return ids.map((id) => rows.get(id));
    },
    matches: (row) => matches(row, filter),
  });
}

interface JobFilter {
  status?: string | undefined;
  type?: string | undefined;
  run?: string | undefined;
}

function matches(row: JobRow, filter: JobFilter): boolean {
  return (
    (filter.status === undefined || row.status === filter.status) &&
    (filter.type === undefined || row.type === filter.type) &&
    (filter.run === undefined || row.run?.id === filter.run)
  );
}

const eventsQuery = z.strictObject({ after: z.string().max(1_000).optional() });

export interface EventPage {
  items: NumberedEvent[];
  /** Ask again with this; also where nothing new is there yet. */
  cursor: string;
}

/** What the workers of a job said, from behind `after`, up to the first gap or as much as fits an answer. */
export async function readEvents(
  deps: Deps<'store' | 'events' | 'digest'>,
  caller: Caller,
  id: string,
  query: unknown,
): Promise<EventPage> {
  const { after } = parseWith(eventsQuery, query, 'the query');
  const row = await readJob(deps, caller, id);
  const position = after === undefined ? { attempt: 1, seq: 0 } : openEventCursor(deps.digest, row.id, after);
  const found = await deps.events.read(row.id, position, limits.eventsPerPage);
  const items: NumberedEvent[] = [];
  let bytes = 0;
  for (const event of found) {
    bytes += utf8Length(JSON.stringify(event));
    if (bytes > limits.eventsPageBytes && items.length > 0) break;
    const follows =
      event.attempt === position.attempt
        ? event.seq === position.seq + 1
        : event.attempt > position.attempt && event.seq === 1;
    if (!follows) break;
    position.attempt = event.attempt;
    position.seq = event.seq;
    items.push(event);
  }
  return { items, cursor: eventCursor(deps.digest, row.id, position) };
}

/** The result, and what all attempts have put. */
export async function listJobFiles(
  deps: Deps<'store' | 'objects' | 'clock'>,
  caller: Caller,
  id: string,
): Promise<FileView[]> {
  const row = await readJob(deps, caller, id);
  const artifacts = await listArtifacts(deps, row);
  const expiresAt = new Date(deps.clock.nowMs() + limits.presignSeconds * 1000).toISOString();
  return Promise.all(
    [
      ...artifacts.map(({ path, ...stored }) => ({ path: `artifacts/${path}`, ...stored })),
      ...(row.result ? [{ path: 'result.json', ...row.result }] : []),
    ].map(async ({ key, ...file }) => ({
      ...file,
      url: await deps.objects.presignGet(key, limits.presignSeconds),
      expiresAt,
    })),
  );
}

export async function readJobFile(
  deps: Deps<'store' | 'objects' | 'clock'>,
  caller: Caller,
  id: string,
  path: string,
): Promise<FileView> {
  const file = (await listJobFiles(deps, caller, id)).find((candidate) => candidate.path === path);
  if (!file)
    throw new AppError('not_found', `job ${id} has no file "${path}"`, {
      remedy: `list its files: GET /jobs/${id}/files`,
    });
  return file;
}
