import type * as z from 'zod';
import type { ActionState, CycleRow } from '#contracts/cycle-row.ts';
import type { GateRow } from '#contracts/gate.ts';
import type { JobRow } from '#contracts/job-row.ts';
import { agentResult } from '#contracts/job-view.ts';
import { cyclePrefix } from '#contracts/object-keys.ts';
import { meetingResult, type PlannedAction, plan } from '#contracts/plan.ts';
import { actionReview, cycleReview } from '#contracts/review.ts';
import { gatesOf, jobsOf } from '../halt-run.ts';
import type { Place } from '../place.ts';
import type { RunDeps } from '../run-deps.ts';
import type { ReportData, ReportedAction, ReportedFile, ReportedReview } from './report-data.ts';

/** Only what a report reads. */
export type ReportDeps = Pick<RunDeps, 'objects' | 'store' | 'events' | 'ledger'> & {
  runs: {
    gates: Pick<RunDeps['runs']['gates'], 'get'>;
    recoveries: Pick<RunDeps['runs']['recoveries'], 'get'>;
  };
};

const filesListed = 500;

/** Reads what a cycle has left. What is missing or cannot be read is left out: a report has to be possible always. */
export async function gatherReport(deps: ReportDeps, { run, cycle, team }: Place): Promise<ReportData> {
  const [jobs, gates, files] = await Promise.all([
    readJobs(deps, cycle),
    readGates(deps, cycle),
    listFiles(deps, cyclePrefix(run.project, run.id, cycle.cycle)),
  ]);
  const recovery = cycle.recovery === undefined ? undefined : await deps.runs.recoveries.get(cycle.recovery);
  const byId = new Map(jobs.map((job) => [job.id, job]));
  const resultOf = <S extends z.ZodType>(id: string | undefined, schema: S) =>
    readDocument(deps, id === undefined ? undefined : byId.get(id)?.result?.key, schema);
  const [meeting, review, planned, calls] = await Promise.all([
    resultOf(cycle.planningJob, meetingResult),
    resultOf(cycle.reviewJob, cycleReview),
    readDocument(deps, cycle.plan?.key, plan),
    Promise.all(jobs.map(({ id }) => deps.ledger.entries(id))),
  ]);
  const actions = await Promise.all(
    cycle.actions.map((state) => reportAction(deps, state, planned?.actions ?? [], byId, gates)),
  );
  return {
    ...{ run, cycle, team, actions, gates, jobs, files },
    calls: calls.flat().filter(({ savedMicroUsd }) => savedMicroUsd === undefined),
    ...(meeting ? { meeting } : {}),
    ...(review ? { review } : {}),
    ...(recovery ? { recovery } : {}),
  };
}

/** In the order in which they were made. */
async function readJobs(deps: ReportDeps, cycle: CycleRow): Promise<JobRow[]> {
  const ids = jobsOf(cycle);
  const rows = ids.length === 0 ? [] : await deps.store.getMany(ids);
  return rows.sort((a, b) => ids.indexOf(a.id) - ids.indexOf(b.id));
}

async function readGates(deps: ReportDeps, cycle: CycleRow): Promise<GateRow[]> {
  const rows = await Promise.all(gatesOf(cycle).map((id) => deps.runs.gates.get(id)));
  return rows.filter((row) => row !== undefined);
}

/** The report does not name itself, so that writing it again changes nothing. */
async function listFiles({ objects }: ReportDeps, prefix: string): Promise<ReportedFile[]> {
  const found = await objects.list(prefix, filesListed);
  return found
    .map(({ key, bytes }) => ({ path: key.slice(prefix.length), bytes }))
    .filter(({ path }) => path !== 'report.html');
}

async function readDocument<S extends z.ZodType>(
  { objects }: ReportDeps,
  key: string | undefined,
  schema: S,
): Promise<z.output<S> | undefined> {
  const text = key === undefined ? undefined : await objects.get(key);
  return text === undefined ? undefined : schema.safeParse(parseJson(text)).data;
}

/** A worker wrote it. What is no JSON fits no schema. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function reportAction(
  deps: ReportDeps,
  state: ActionState,
  plannedActions: readonly PlannedAction[],
  jobs: ReadonlyMap<string, JobRow>,
  gates: readonly GateRow[],
): Promise<ReportedAction> {
  const done = state.jobs.findLast((id) => id.endsWith('-do'));
  const checks = state.jobs.filter((id) => checkJob.test(id));
  const [result, reviews] = await Promise.all([
    readDocument(deps, done === undefined ? undefined : jobs.get(done)?.result?.key, agentResult),
    Promise.all(checks.map((id) => reportReview(deps, id, jobs.get(id)))),
  ]);
  const planned = plannedActions.find(({ id }) => id === state.id);
  const gate = gates.find(({ id }) => id === state.gate);
  return {
    state,
    reviews,
    ...(planned ? { planned } : {}),
    ...(result ? { result } : {}),
    ...(gate ? { gate } : {}),
  };
}

const checkJob = /-r(\d+)-check\d*$/;

async function reportReview(deps: ReportDeps, job: string, row: JobRow | undefined): Promise<ReportedReview> {
  const review = await readDocument(deps, row?.result?.key, actionReview);
  const revision = Number(checkJob.exec(job)?.[1] ?? 0);
  return { revision, reviewer: row?.run?.agent ?? '', job, ...(review ? { review } : {}) };
}
