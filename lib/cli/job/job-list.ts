import type { Command } from 'commander';
import type { ApiClient } from '#adapters/client/api-client.ts';
import type { JobView } from '#contracts/job-view.ts';
import { limits } from '#contracts/limits.ts';
import { works } from '../command.ts';
import { formatAge, formatUsd, statusFormat } from '../format.ts';
import type { Output } from '../output.ts';
import { limitOption, takeItems } from '../pages.ts';
import { formatTable } from '../table.ts';

interface ListOptions {
  project?: string;
  status?: string;
  type?: string;
  limit?: number;
  all?: boolean;
}

/** `muster job list`. */
export function addJobList(job: Command): void {
  const command = job
    .command('list')
    .description('list jobs, newest first')
    .option('--project <name>', 'only this project')
    .option('--status <state>', 'only jobs in this state, like RUNNING')
    .option('--type <type>', 'only jobs of this type')
    .addOption(limitOption())
    .option('--all', 'all of them, however many calls that takes')
    .addHelpText('after', '\nExample:\n  $ muster job list --status FAILED --limit 10');
  works<[], ListOptions>(command, async ({ out, api }, options) => {
    const items = await listJobs(await api(), options);
    out.answer({ items }, () => (items.length === 0 ? [noJobs(options)] : jobTable(items, out)));
    if (!options.all && items.length >= wanted(options))
      out.note(out.paint('gray', 'There may be more: --all'));
    return 0;
  });
}

function wanted({ limit = limits.pageItemsDefault, all }: ListOptions): number {
  return all ? Number.POSITIVE_INFINITY : limit;
}

function listJobs(api: ApiClient, options: ListOptions): Promise<JobView[]> {
  const { project, type } = options;
  const status = options.status?.toUpperCase();
  return takeItems(wanted(options), (place) =>
    api.call('listJobs', { query: { project, status, type, ...place } }),
  );
}

function noJobs({ project, status, type }: ListOptions): string {
  const isFiltered = project !== undefined || status !== undefined || type !== undefined;
  return isFiltered ? 'No job matches.' : 'No jobs yet. A first one: muster job submit echo "hi" --wait';
}

/** Also what `status` shows of the last jobs. */
export function jobTable(jobs: readonly JobView[], out: Output): string[] {
  const nowMs = Date.now();
  return formatTable(jobs, [
    { title: 'ID', value: (job) => job.id },
    { title: 'TYPE', value: (job) => job.type },
    {
      title: 'STATUS',
      value: (job) => job.status,
      paint: (text, job) => out.paint(statusFormat(job.status), text),
    },
    { title: 'PRIO', value: (job) => job.priority },
    { title: 'PROJECT', value: (job) => job.project },
    { title: 'AGE', value: (job) => formatAge(nowMs - Date.parse(job.createdAt)), align: 'right' },
    { title: 'COST', value: (job) => formatUsd(job.costUsd), align: 'right' },
  ]);
}
