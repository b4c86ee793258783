import * as z from 'zod';
import type { Caller } from '#contracts/access.ts';
import type { CycleRow } from '#contracts/cycle-row.ts';
import { AppError } from '#contracts/errors.ts';
import type { GateRow } from '#contracts/gate.ts';
import type { FileView } from '#contracts/job-view.ts';
import { limits } from '#contracts/limits.ts';
import { runPrefix } from '#contracts/object-keys.ts';
import type { NumberedRunEvent } from '#contracts/run-events.ts';
import type { RunRow } from '#contracts/run-row.ts';
import { runStatuses } from '#contracts/run-states.ts';
import { openRunEventCursor, runEventCursor } from '#core/jobs/event-cursor.ts';
import { parseWith } from '#core/jobs/parse-job-request.ts';
import { listNewest } from '#core/list-newest.ts';
import { pagedQuery } from '#core/paged-query.ts';
import { jobsOf } from './halt-run.ts';
import type { RunDeps } from './run-deps.ts';
import { type ShownCycle, statusOf } from './run-view.ts';
import { costOf } from './steps/step-tools.ts';
import { requireRun } from './stop-run.ts';

const runsQuery = z.strictObject({ ...pagedQuery, status: z.enum(runStatuses).optional() });

export function listRuns(
  deps: Pick<RunDeps, 'runs' | 'projects' | 'digest'>,
  caller: Caller,
  query: unknown,
): Promise<{ rows: RunRow[]; cursor?: string }> {
  const { status, ...range } = parseWith(runsQuery, query, 'the query');
  return listNewest(deps, caller, {
    purpose: `runs ${status ?? ''}`,
    ...range,
    keys: (asked) => deps.runs.listedRuns(asked),
    read: (ids) => Promise.all(ids.map((id) => deps.runs.runs.get(id))),
    matches: (run) => status === undefined || statusOf(run) === status,
  });
}

const gatesQuery = z.strictObject({
  ...pagedQuery,
  status: z.enum(['pending', 'decided']).default('pending'),
});

export function listGates(
  deps: Pick<RunDeps, 'runs' | 'projects' | 'digest'>,
  caller: Caller,
  query: unknown,
): Promise<{ rows: GateRow[]; cursor?: string }> {
  const { status, ...range } = parseWith(gatesQuery, query, 'the query');
  const pendingOnly = status === 'pending';
  return listNewest(deps, caller, {
    purpose: `gates ${status}`,
    ...range,
    keys: (asked) => deps.runs.listedGates({ ...asked, pendingOnly }),
    read: (ids) => Promise.all(ids.map((id) => deps.runs.gates.get(id))),
    matches: (gate) => (gate.status === 'PENDING') === pendingOnly,
  });
}

/** With what it has cost until now: a cycle's own sum is made when it is closed. */
export async function readRunWithCycles(
  deps: Pick<RunDeps, 'runs' | 'store'>,
  caller: Caller,
  id: string,
): Promise<{ run: RunRow; cycles: ShownCycle[]; costMicroUsd: number }> {
  const run = await requireRun(deps, caller, id);
  const cycles = await deps.runs.cycles.ofRun(run.id);
  const open = run.endedAtMs === undefined ? cycles.filter(({ end }) => end === undefined) : [];
  const spent = await costOf(deps, open.flatMap(jobsOf));
  return { run, cycles: await withWatch(deps, cycles), costMicroUsd: run.costMicroUsd + spent };
}

/** Of the last cycle that has one alone: of the others their end says what came of it. */
async function withWatch({ runs }: Pick<RunDeps, 'runs'>, cycles: CycleRow[]): Promise<ShownCycle[]> {
  const last = cycles.findLast(({ recovery }) => recovery !== undefined);
  const watch = last?.recovery === undefined ? undefined : await runs.recoveries.get(last.recovery);
  return watch ? cycles.map((cycle) => (cycle === last ? { ...cycle, watch } : cycle)) : cycles;
}

const eventsQuery = z.strictObject({ after: z.string().max(1_000).optional() });

/** What happened in a run, from behind `after`, up to the first gap. */
export async function readRunEvents(
  deps: Pick<RunDeps, 'runs' | 'digest'>,
  caller: Caller,
  id: string,
  query: unknown,
): Promise<{ items: NumberedRunEvent[]; cursor: string }> {
  const { after } = parseWith(eventsQuery, query, 'the query');
  const run = await requireRun(deps, caller, id);
  const from = after === undefined ? 0 : openRunEventCursor(deps.digest, run.id, after);
  const found = await deps.runs.events.read(run.id, from, limits.eventsPerPage);
  const items = found.filter((event, index) => event.seq === from + 1 + index);
  return { items, cursor: runEventCursor(deps.digest, run.id, items.at(-1)?.seq ?? from) };
}

/** A year of cycles has more; the newest come with their own prefix: `?cycle=`. */
const filesListed = 1_000;

export async function listRunFiles(
  deps: Pick<RunDeps, 'runs' | 'objects' | 'clock'>,
  caller: Caller,
  id: string,
): Promise<FileView[]> {
  const run = await requireRun(deps, caller, id);
  const prefix = runPrefix(run.project, run.id);
  const objects = await deps.objects.list(prefix, filesListed);
  return Promise.all(objects.map(({ key, bytes }) => toFile(deps, key, key.slice(prefix.length), bytes)));
}

async function toFile(
  { objects, clock }: Pick<RunDeps, 'objects' | 'clock'>,
  key: string,
  path: string,
  bytes: number,
): Promise<FileView> {
  const url = await objects.presignGet(key, limits.presignSeconds);
  const expiresAt = new Date(clock.nowMs() + limits.presignSeconds * 1000).toISOString();
  return { path, url, bytes, expiresAt };
}

export async function readRunFile(
  deps: Pick<RunDeps, 'runs' | 'objects' | 'clock'>,
  caller: Caller,
  id: string,
  path: string,
): Promise<FileView> {
  const run = await requireRun(deps, caller, id);
  const isPlain = /^[A-Za-z0-9._/-]{1,300}$/.test(path) && !path.split('/').includes('..');
  const key = `${runPrefix(run.project, run.id)}${path}`;
  const head = isPlain ? await deps.objects.head(key) : undefined;
  if (head) return toFile(deps, key, path, head.bytes);
  throw new AppError('not_found', `run ${id} has no file "${path.slice(0, 300)}"`, {
    remedy: `list its files: muster run files ${id}`,
  });
}
