import type { Command } from 'commander';
import type { ApiClient } from '#adapters/client/api-client.ts';
import type { ApiTarget } from '#adapters/client/find-api.ts';
import { type JobStatus, jobStatuses } from '#contracts/job-states.ts';
import type { JobView } from '#contracts/job-view.ts';
import { limits } from '#contracts/limits.ts';
import type { MonthBudget } from '#contracts/usage.ts';
import { nearLimitLines } from '../budget-lines.ts';
import { works } from '../command.ts';
import { statusFormat } from '../format.ts';
import { jobTable } from '../job/job-list.ts';
import type { Output } from '../output.ts';
import { printableLine } from '../printable.ts';
import { formatFields } from '../table.ts';
import { describeQueue, readQueue } from './queue.ts';
import { describeStop, describeWorkers, lastLines, teamFields, waitingLines } from './show-work.ts';
import { readTeamWork } from './team-work.ts';

const lastShown = 5;

/** `muster status`: is it there, whose is it, what is it doing. */
export function addStatus(program: Command): void {
  const command = program
    .command('status')
    .description('is the API up, where is it, what is it doing')
    .addHelpText('after', '\nExample:\n  $ muster status');
  works<[], object>(command, async ({ out, api }) => {
    const client = await api();
    const { target } = client;
    const askedMs = performance.now();
    const { body: health } = await client.call('readHealth');
    const milliseconds = Math.round(performance.now() - askedMs);
    const { body: page } = await client.call('listJobs', { query: { limit: limits.pageItemsMax } });
    const jobs = page.items;
    const counts = countByStatus(jobs);
    const isAll = page.cursor === undefined;
    const [team, queue] = await Promise.all([readTeamWork(client, jobs), readQueue(client)]);
    const budgets = await readBudgets(client);
    const { url, kind, region, foundBy, offlineModel } = target;
    const document = {
      api: { url, kind, region, foundBy, offlineModel, milliseconds, ...health },
      jobs: { counts, countedAll: isAll, last: jobs.slice(0, lastShown) },
      queue,
      team,
      budgets,
    };
    out.answer(document, () => [
      ...formatFields([
        [
          'api',
          `${url}  ${out.paint('green', 'up')}, ${milliseconds} ms, version ${printableLine(health.version)}`,
        ],
        ['where', whereOf(target)],
        ['you are', `${printableLine(health.caller)}, projects: ${projectsOf(health.projects)}`],
        ['models', offlineModel ? 'offline model (prewritten answers, nothing is paid)' : undefined],
        ['jobs', `${describeCounts(counts, out)}${isAll ? '' : ` (of the newest ${jobs.length})`}`],
        ['queue', describeQueue(queue)],
        ['workers', describeWorkers(health.workers)],
        ['stopped', describeStop(health.workers, out)],
        ...nearLimitLines(budgets, out).map((line): [string, string] => ['budget', line]),
        ...teamFields(team),
      ]),
      ...waitingLines(team),
      ...lastLines(team),
      ...(jobs.length === 0 ? [] : ['', ...jobTable(jobs.slice(0, lastShown), out)]),
    ]);
    return 0;
  });
}

/** Today's use alone: the budgets that come with it are the month's all the same. */
async function readBudgets(client: ApiClient): Promise<MonthBudget[]> {
  const today = new Date().toISOString().slice(0, 10);
  const { body } = await client.call('readUsage', { query: { by: 'project', from: today, to: today } });
  return body.budgets ?? [];
}

function whereOf({ kind, region, foundBy }: ApiTarget): string {
  return kind === 'local' ? `this machine: ${foundBy}` : `AWS, ${region}: ${foundBy}`;
}

function projectsOf(projects: '*' | readonly string[]): string {
  return projects === '*' ? 'all' : projects.map(printableLine).join(', ');
}

type Counts = Partial<Record<JobStatus, number>>;

function countByStatus(jobs: readonly JobView[]): Counts {
  const counts: Counts = {};
  for (const { status } of jobs) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

function describeCounts(counts: Counts, out: Output): string {
  const parts = jobStatuses.flatMap((status) => {
    const count = counts[status];
    return count === undefined ? [] : [out.paint(statusFormat(status), `${count} ${status}`)];
  });
  return parts.length === 0 ? 'none yet' : parts.join(', ');
}
