import type { ApiClient } from '#adapters/client/api-client.ts';
import type { ExecutionView } from '#contracts/executions.ts';
import type { JobView } from '#contracts/job-view.ts';
import { limits } from '#contracts/limits.ts';
import type { JobUse } from '#core/money/work-footprint.ts';
import { takeItems } from '../pages.ts';

/** Beyond so many pages the rest is reckoned from the jobs' own times. */
const pagesMax = 50;

/** What is written down about these jobs of one project: the times of their attempts and their model calls. */
export async function gatherUse(api: ApiClient, jobs: readonly JobView[]): Promise<JobUse[]> {
  const [first] = jobs;
  if (!first) return [];
  const since = jobs.map(({ createdAt }) => createdAt).toSorted()[0] ?? first.createdAt;
  const executions = await executionsSince(api, first.project, since);
  const calls = await modelCalls(api, first.project, since);
  return jobs.map((job) => ({
    job,
    attempts: executions
      .filter((done) => done.job === job.id)
      .map(({ milliseconds, capacity }) => ({ seconds: milliseconds / 1_000, capacity })),
    modelCalls: calls.get(job.id) ?? 0,
  }));
}

/** The jobs of a run, all pages. */
export function jobsOfRun(api: ApiClient, { id, project }: { id: string; project: string }) {
  return takeItems<JobView>(Number.POSITIVE_INFINITY, (place) =>
    api.call('listJobs', { query: { run: id, project, ...place } }),
  );
}

/** They come the last one first: what ended before the first job was made cannot be one of these jobs. */
async function executionsSince(api: ApiClient, project: string, since: string): Promise<ExecutionView[]> {
  const found: ExecutionView[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < pagesMax; page++) {
    const query = { project, limit: limits.pageItemsMax, cursor };
    const { body } = await api.call('listExecutions', { query });
    found.push(...body.items);
    cursor = body.cursor;
    if (cursor === undefined || found.some(({ endedAt }) => endedAt < since)) break;
  }
  return found;
}

async function modelCalls(api: ApiClient, project: string, since: string): Promise<Map<string, number>> {
  const calls = new Map<string, number>();
  let cursor: string | undefined;
  for (let page = 0; page < pagesMax; page++) {
    const query = { by: 'job', project, from: since.slice(0, 10), cursor };
    const { body } = await api.call('readUsage', { query });
    for (const item of body.items) calls.set(item.key, (calls.get(item.key) ?? 0) + item.calls);
    cursor = body.cursor;
    if (cursor === undefined) break;
  }
  return calls;
}
