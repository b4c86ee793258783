import type { Command } from 'commander';
import type { ApiClient } from '#adapters/client/api-client.ts';
import { limits } from '#contracts/limits.ts';
import type { RunView } from '#contracts/run-view.ts';
import { works } from '../command.ts';
import { formatAge, formatUsd } from '../format.ts';
import type { Output } from '../output.ts';
import { limitOption, takeItems } from '../pages.ts';
import { printableLine } from '../printable.ts';
import { formatTable } from '../table.ts';
import { cut, runFormat } from './wave-board.ts';

interface ListOptions {
  project?: string;
  status?: string;
  limit?: number;
  all?: boolean;
}

/** `muster run list`. */
export function addRunList(run: Command): void {
  const command = run
    .command('list')
    .description('list runs, newest first')
    .option('--project <name>', 'only this project')
    .option(
      '--status <state>',
      'only runs in this state: RUNNING, WAITING, STOPPING, SUCCEEDED, FAILED, STOPPED',
    )
    .addOption(limitOption())
    .option('--all', 'all of them, however many calls that takes')
    .addHelpText('after', '\nExample:\n  $ muster run list --status WAITING');
  works<[], ListOptions>(command, async ({ out, api }, options) => {
    const items = await listRuns(await api(), options);
    out.answer({ items }, () => (items.length === 0 ? [noRuns(options)] : runTable(items, out)));
    if (!options.all && items.length >= wanted(options))
      out.note(out.paint('gray', 'There may be more: --all'));
    return 0;
  });
}

function wanted({ limit = limits.pageItemsDefault, all }: ListOptions): number {
  return all ? Number.POSITIVE_INFINITY : limit;
}

function listRuns(api: ApiClient, options: ListOptions): Promise<RunView[]> {
  const { project } = options;
  const status = options.status?.toUpperCase();
  return takeItems(wanted(options), (place) =>
    api.call('listRuns', { query: { project, status, ...place } }),
  );
}

function noRuns({ project, status }: ListOptions): string {
  if (project !== undefined || status !== undefined) return 'No run matches.';
  return 'No runs yet. A first one: muster run start solo "…" --watch';
}

export function runTable(runs: readonly RunView[], out: Output): string[] {
  const nowMs = Date.now();
  return formatTable(runs, [
    { title: 'ID', value: (run) => run.id },
    { title: 'TEAM', value: (run) => run.team },
    {
      title: 'STATUS',
      value: (run) => run.status,
      paint: (text, run) => out.paint(runFormat(run.status), text),
    },
    { title: 'CYCLE', value: (run) => `${run.cycle}/${run.maxCycles}`, align: 'right' },
    { title: 'OUTCOME', value: (run) => run.outcome ?? '' },
    { title: 'PROJECT', value: (run) => run.project },
    { title: 'AGE', value: (run) => formatAge(nowMs - Date.parse(run.createdAt)), align: 'right' },
    { title: 'COST', value: (run) => formatUsd(run.costUsd), align: 'right' },
    { title: 'OBJECTIVE', value: (run) => cut(printableLine(run.objective), 50) },
  ]);
}
