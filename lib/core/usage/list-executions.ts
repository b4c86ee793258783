import * as z from 'zod';
import type { Caller } from '#contracts/access.ts';
import type { Execution, ExecutionView } from '#contracts/executions.ts';
import { limits } from '#contracts/limits.ts';
import { toUsd } from '#contracts/usage.ts';
import { requireProject } from '#core/access.ts';
import { openCursor, sealCursor } from '#core/jobs/cursor.ts';
import { parseWith } from '#core/jobs/parse-job-request.ts';
import { pagedQuery } from '#core/paged-query.ts';
import type { Deps } from '#core/ports/core-deps.ts';
import type { LedgerEntry } from '#core/ports/job-store.ts';
import { projectsOf } from './projects-of.ts';

const executionsQuery = z.strictObject({
  ...pagedQuery,
  agent: z.string().max(100).optional(),
});

export interface ExecutionPage {
  items: ExecutionView[];
  cursor?: string;
}

type ExecutionDeps = Deps<'executions' | 'ledger' | 'projects' | 'digest'>;

/**
 * Attempts that have ended, the last one first.
 *
 * @throws AppError `not_found` (a project that the caller may not touch), `invalid_request`, `invalid_cursor`
 */
export async function listExecutions(
  deps: ExecutionDeps,
  caller: Caller,
  query: unknown,
): Promise<ExecutionPage> {
  const { project, agent, limit, cursor } = parseWith(executionsQuery, query, 'the query');
  if (project !== undefined) requireProject(caller, project);
  const purpose = `executions ${project ?? '*'} ${agent ?? '*'} ${caller.arn}`;
  const beforeKey = cursor === undefined ? undefined : openCursor(deps.digest, purpose, cursor);
  const projects = project === undefined ? await projectsOf(deps, caller) : [project];
  const { found, lastKey } = await lastMatching(deps, projects, { limit, beforeKey, agent });
  const items = await withCosts(deps, found);
  return lastKey === undefined ? { items } : { items, cursor: sealCursor(deps.digest, purpose, lastKey) };
}

interface Wanted {
  limit: number;
  beforeKey: string | undefined;
  agent: string | undefined;
}

/** Up to `limit`, and where to go on; a page may be shorter, for only so many are looked at in one call. */
async function lastMatching(
  deps: ExecutionDeps,
  projects: readonly string[],
  { limit, beforeKey, agent }: Wanted,
): Promise<{ found: Execution[]; lastKey: string | undefined }> {
  const found: Execution[] = [];
  let lastKey = beforeKey;
  for (let looked = 0; looked < limits.pageRowsRead; ) {
    const wanted = limit - found.length;
    const page = await lastOf(deps, projects, wanted, lastKey);
    for (const { entry } of page) if (agent === undefined || entry.agent === agent) found.push(entry);
    if (page.length < wanted) return { found, lastKey: undefined };
    lastKey = page.at(-1)?.key;
    looked += page.length;
    if (found.length >= limit) break;
  }
  return { found, lastKey };
}

async function lastOf(
  { executions }: ExecutionDeps,
  projects: readonly string[],
  limit: number,
  beforeKey: string | undefined,
) {
  const query = beforeKey === undefined ? { limit } : { limit, beforeKey };
  const lists = await Promise.all(projects.map((project) => executions.listed({ project, ...query })));
  return lists
    .flat()
    .sort((a, b) => (a.key < b.key ? 1 : -1))
    .slice(0, limit);
}

/** From the ledger, because a call may be settled after its attempt has ended. */
async function withCosts({ ledger }: ExecutionDeps, found: readonly Execution[]): Promise<ExecutionView[]> {
  const ids = [...new Set(found.map(({ jobId }) => jobId))];
  const ledgers = new Map(await Promise.all(ids.map(async (id) => [id, await ledger.entries(id)] as const)));
  return found.map((execution) => toView(execution, ledgers.get(execution.jobId) ?? []));
}

function toView(execution: Execution, ledger: readonly LedgerEntry[]): ExecutionView {
  const {
    jobId,
    startedAtMs,
    endedAtMs,
    inputKey,
    resultKey,
    attempt,
    compute: _,
    isLast: __,
    ...rest
  } = execution;
  const own = ledger.filter(({ key }) => key.startsWith(`${attempt}/`));
  return {
    ...rest,
    job: jobId,
    attempt,
    startedAt: new Date(startedAtMs).toISOString(),
    endedAt: new Date(endedAtMs).toISOString(),
    milliseconds: endedAtMs - startedAtMs,
    input: inputKey,
    ...(resultKey === undefined ? {} : { output: resultKey }),
    costUsd: toUsd(own.reduce((sum, { microUsd }) => sum + microUsd, 0)),
  };
}
