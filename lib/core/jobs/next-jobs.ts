import { AppError } from '#contracts/errors.ts';
import type { JobRequest } from '#contracts/job-request.ts';
import type { JobError, JobRow } from '#contracts/job-row.ts';
import { limits } from '#contracts/limits.ts';
import { inputKey } from '#contracts/object-keys.ts';
import type { Deps } from '#core/ports/core-deps.ts';
import type { Digest } from '#core/ports/system.ts';
import { afterParents } from './after-parents.ts';
import { canonicalJson } from './canonical-json.ts';
import { momentOf } from './change-job.ts';
import { inputWorkspaceOf } from './input-workspace.ts';
import { logFieldsOf } from './log-fields.ts';
import { newJobRow } from './new-job-row.ts';
import { orderOf } from './order-chain.ts';
import { type ChainedJob, parseTemplates, type Template, templatesOf } from './parse-chain.ts';
import { type ParsedJobRequest, parseJobRequest } from './parse-job-request.ts';
import { fillPayload, type Reach } from './placeholders.ts';
import { fail } from './transitions.ts';

export type NextDeps = Deps<
  'store' | 'objects' | 'digest' | 'clock' | 'random' | 'settings' | 'log' | 'metrics'
>;

/** The id of the n-th job after this one, from 1: the same whoever works it out, so that none is made twice. */
export function nextJobId(digest: Digest, parent: string, n: number): string {
  const id = `${parent}-t${n}`;
  return id.length <= limits.jobIdCharacters ? id : `job-${digest.sha256(id).slice(0, 32)}`;
}

/** What comes after a job that is being accepted, put where the end of the job finds it. */
export async function storeNext(
  deps: Pick<NextDeps, 'objects' | 'digest'>,
  id: string,
  request: JobRequest,
): Promise<Pick<JobRow, 'next'>> {
  const templates = templatesOf(request);
  if (templates.length === 0) return {};
  const text = canonicalJson(templates);
  const sha256 = deps.digest.sha256(text);
  const key = inputKey(request.project, sha256);
  await deps.objects.put(key, text, 'application/json');
  return { next: { key, sha256, jobs: templates.map((_, index) => nextJobId(deps.digest, id, index + 1)) } };
}

export async function readNext(
  { objects }: Pick<NextDeps, 'objects'>,
  { next }: Pick<JobRow, 'next'>,
): Promise<readonly Template[] | undefined> {
  const text = next && (await objects.get(next.key));
  return text === undefined ? undefined : (JSON.parse(text) as Template[]);
}

/**
 * Makes the jobs that come after one that has ended, and returns those that were not there yet. At least once: their
 * ids follow from the parent's, so a second time finds them. Each waits for the parent, as for any other job that it
 * depends on, so that its failure policy is applied in one place.
 */
export async function makeNextJobs(deps: NextDeps, parent: JobRow): Promise<JobRow[]> {
  const templates = await readNext(deps, parent);
  if (templates === undefined) {
    // Nothing can be made of what is not there any more, and trying again would go on for ever.
    deps.log.warn('the chain behind a job is gone', logFieldsOf(parent));
    return [];
  }
  const jobs = parseTemplates(templates, parent.project);
  const reach = await reachOf(deps, parent);
  const made: JobRow[] = [];
  for (const index of orderOf(jobs)) {
    const job = jobs[index];
    const row = job && (await makeNext(deps, parent, { job, jobs, index, reach }));
    if (row) made.push(row);
  }
  return made;
}

interface Place {
  job: ChainedJob;
  jobs: readonly ChainedJob[];
  index: number;
  reach: Reach;
}

async function makeNext(deps: NextDeps, parent: JobRow, place: Place): Promise<JobRow | undefined> {
  const { job, jobs, index } = place;
  const id = nextJobId(deps.digest, parent.id, index + 1);
  if (await deps.store.get(id)) return undefined;
  const neighbours = job.neighbours.map((name) =>
    nextJobId(deps.digest, parent.id, jobs.findIndex((each) => each.name === name) + 1),
  );
  const { parsed, error } = fill(job, parent, place.reach);
  const dependsOn = [...new Set([parent.id, ...neighbours, ...job.others])];
  const blocked = await newRow(deps, parent, id, { ...parsed, request: { ...parsed.request, dependsOn } });
  const moment = momentOf(deps);
  const row = error
    ? fail(blocked, error, moment)
    : afterParents(blocked, await deps.store.getMany(dependsOn), moment);
  if (!(await deps.store.create(row))) return undefined;
  deps.metrics.count('JobsSubmitted');
  deps.log.info('next job of a chain made', { ...logFieldsOf(row), type: row.type, after: parent.id });
  return row;
}

async function newRow(
  deps: NextDeps,
  parent: JobRow,
  id: string,
  { request, input }: ParsedJobRequest,
): Promise<JobRow> {
  const text = canonicalJson(input);
  const inputSha256 = deps.digest.sha256(text);
  const key = inputKey(request.project, inputSha256);
  await deps.objects.put(key, text, 'application/json');
  return newJobRow(deps, {
    id,
    callerArn: parent.callerArn,
    requestSha256: deps.digest.sha256(canonicalJson({ request, input })),
    inputSha256,
    inputKey: key,
    traceparent: parent.traceparent,
    request,
    input,
    ...(await storeNext(deps, id, request)),
    ...inputWorkspaceOf(request.project, input),
  });
}

interface Filled {
  parsed: ParsedJobRequest;
  /** Why the job cannot be as its template wants it. */
  error?: JobError;
}

function fill({ parsed }: ChainedJob, parent: JobRow, reach: Reach): Filled {
  const { request } = parsed;
  if (parent.status !== 'SUCCEEDED' && request.onFailure !== 'run') return { parsed };
  try {
    const payload = fillPayload(request.type, request.payload, reach);
    return { parsed: parseJobRequest({ ...request, payload }) };
  } catch (error) {
    // A result that does not fit is an outcome of the chain, and the job says so to whoever looks at it.
    if (!(error instanceof AppError)) throw error;
    const message = `it could not be made of what job ${parent.id} has left: ${error.message}`.slice(
      0,
      2_000,
    );
    return { parsed, error: { code: 'dependency_failed', message } };
  }
}

async function reachOf({ objects }: Pick<NextDeps, 'objects'>, parent: JobRow): Promise<Reach> {
  const { id, type, status, error, result } = parent;
  const job = { id, type, status, ...(error && { error: { code: error.code, message: error.message } }) };
  const text =
    status === 'SUCCEEDED' && result && result.bytes <= limits.resultBytes
      ? await objects.get(result.key)
      : undefined;
  return { id, job, result: text === undefined ? undefined : JSON.parse(text) };
}
