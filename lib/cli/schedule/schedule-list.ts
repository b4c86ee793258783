import type { Command } from 'commander';
import type { ScheduleView } from '#contracts/schedule.ts';
import { works } from '../command.ts';
import { takeItems } from '../pages.ts';
import { printableLine } from '../printable.ts';
import { formatTable } from '../table.ts';
import { whenText } from './when-text.ts';

/** `muster schedule list`. */
export function addScheduleList(schedule: Command): void {
  const command = schedule
    .command('list')
    .description('list schedules, by project and name')
    .option('--project <name>', 'only this project')
    .addHelpText('after', '\nExample:\n  $ muster schedule list --project shop');
  works<[], { project?: string }>(command, async ({ out, api }, { project }) => {
    const client = await api();
    const items = await takeItems<ScheduleView>(Number.POSITIVE_INFINITY, (place) =>
      client.call('listSchedules', { query: { project, ...place } }),
    );
    out.answer({ items }, () => (items.length === 0 ? ['There are none.'] : scheduleTable(items)));
    return 0;
  });
}

function scheduleTable(items: readonly ScheduleView[]): string[] {
  return formatTable(items, [
    { title: 'ID', value: ({ id }) => id },
    { title: 'PROJECT', value: ({ project }) => project },
    { title: 'NAME', value: ({ name }) => name },
    { title: 'STATE', value: ({ state }) => state },
    { title: 'WHEN', value: ({ when }) => whenText(when) },
    { title: 'NEXT', value: ({ next }) => next[0] ?? '–' },
    { title: 'LAST', value: ({ recent }) => recent[0]?.outcome ?? '–' },
    { title: 'STARTS', value: ({ startsWhat }) => printableLine(startsWhat) },
  ]);
}
