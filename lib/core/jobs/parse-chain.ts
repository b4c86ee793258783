import * as z from 'zod';
import { AppError } from '#contracts/errors.ts';
import type { JobRequest } from '#contracts/job-request.ts';
import { limits } from '#contracts/limits.ts';
import { orderOf } from './order-chain.ts';
import { type ParsedJobRequest, parseJobRequest, parseWith } from './parse-job-request.ts';
import { placeholderFaults } from './placeholders.ts';

/** A job that comes next, as the request has it: a job request without a project, perhaps with a name. */
export type Template = Readonly<Record<string, unknown>>;

/** Known among those that come after the same job. */
const templateName = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]{0,19}$/,
    'must be 1–20 lower-case letters, digits and dashes, beginning with a letter',
  )
  .optional();

export interface ChainedJob {
  /** Its place in the request, like `then/0`. */
  at: string;
  name: string | undefined;
  parsed: ParsedJobRequest;
  /** Names of `dependsOn` that are of its neighbours. */
  neighbours: string[];
  /** Ids of `dependsOn`: jobs that there must be already. */
  others: string[];
}

export function templatesOf({ then }: Pick<JobRequest, 'then'>): readonly Template[] {
  if (then === undefined) return [];
  return Array.isArray(then) ? then : [then];
}

/**
 * Everything that comes after a job, over all levels, each checked as if it were submitted.
 *
 * @throws AppError `invalid_request` for cycles, depth, number, placeholders; and whatever a job request is refused for
 */
export function parseChain(request: JobRequest): ChainedJob[] {
  const all = parseLevel(request, 1, 'then');
  if (all.length > limits.chainJobs)
    throw new AppError(
      'invalid_request',
      `"then" names ${all.length} jobs in all; ${limits.chainJobs} are allowed`,
      { remedy: 'let the last job of the chain submit what comes after it' },
    );
  return all;
}

function parseLevel(request: JobRequest, depth: number, at: string): ChainedJob[] {
  const templates = templatesOf(request);
  if (templates.length > 0 && depth > limits.chainDepth)
    throw new AppError(
      'invalid_request',
      `${at}: a chain may be ${limits.chainDepth} jobs long, after the first`,
    );
  const jobs = parseTemplates(templates, request.project, at);
  return jobs.flatMap((job, index) => [
    job,
    ...parseLevel(job.parsed.request, depth + 1, `${at}/${index}/then`),
  ]);
}

/** The jobs that come after one job, in the order in which they were given. */
export function parseTemplates(templates: readonly Template[], project: string, at = 'then'): ChainedJob[] {
  const names = templates.map(({ name }, index) =>
    parseWith(templateName, name, `${at}/${index}`, `/${at}/${index}/name`),
  );
  const known = names.filter((name) => name !== undefined);
  const twice = known.find((name, index) => known.indexOf(name) !== index);
  if (twice !== undefined) throw new AppError('invalid_request', `${at}: two jobs have the name "${twice}"`);
  const jobs = templates.map((template, index) =>
    located(`${at}/${index}`, (place) =>
      parseTemplate(template, names[index], { at: place, project, known }),
    ),
  );
  orderOf(jobs, at);
  return jobs;
}

function parseTemplate(
  { name: _, ...fields }: Template,
  name: string | undefined,
  { at, project, known }: { at: string; project: string; known: readonly string[] },
): ChainedJob {
  if ('project' in fields)
    throw new AppError('invalid_request', '"project" is the same for a whole chain; leave it out');
  const parsed = parseJobRequest({ ...fields, project });
  const { type, dependsOn, onFailure } = parsed.request;
  const faults = placeholderFaults(type, { ...fields, payload: parsed.request.payload }, onFailure === 'run');
  const [first] = faults;
  if (first) throw new AppError('invalid_request', `${first.path} ${first.message}`, { faults });
  const neighbours = dependsOn.filter((each) => known.includes(each));
  return { at, name, parsed, neighbours, others: dependsOn.filter((each) => !known.includes(each)) };
}

/** Says where in the chain the fault is. */
export function located<T>(at: string, parse: (at: string) => T): T {
  try {
    return parse(at);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const { code, message, remedy, cause } = error;
    const faults = error.faults?.map((fault) => ({ ...fault, path: `/${at}${fault.path}` }));
    throw new AppError(code, `${at}: ${message}`, {
      cause,
      ...(remedy && { remedy }),
      ...(faults && { faults }),
    });
  }
}
