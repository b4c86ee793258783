import type { Command } from 'commander';
import type { ScheduleDetail } from '#contracts/schedule.ts';
import { works } from '../command.ts';
import { formatUsd } from '../format.ts';
import type { Output } from '../output.ts';
import { printableLine } from '../printable.ts';
import { formatFields } from '../table.ts';
import { type PlaceOptions, withScheduleId } from './schedule-place.ts';
import { tickText } from './tick-text.ts';
import { whenText } from './when-text.ts';

/** `muster schedule show ID`. */
export function addScheduleShow(schedule: Command): void {
  const command = schedule
    .command('show')
    .description('show a schedule: what it starts, its next ticks, how the last ones ended')
    .argument('<id>', 'its id or its name')
    .option('--project <name>', 'where the name is to be found (default: default)')
    .addHelpText('after', '\nExample:\n  $ muster schedule show monday');
  works<[string], PlaceOptions>(command, async ({ out, api }, options, id) => {
    const client = await api();
    const { body } = await withScheduleId(id, options, (found) =>
      client.call('readSchedule', { params: { id: found } }),
    );
    out.answer(body, () => describeSchedule(body, out));
    return 0;
  });
}

function describeSchedule(schedule: ScheduleDetail, out: Output): string[] {
  const { recent, next, pending } = schedule;
  return [
    ...formatFields(fieldsOf(schedule, out)),
    ...(next.length === 0 ? [] : ['', out.paint('bold', 'Next'), ...next.map((at) => `  ${at}`)]),
    ...(pending ? ['', out.paint('bold', 'On its way'), `  ${pending.at}  ${tickText(pending)}`] : []),
    ...(recent.length === 0 ? [] : ['', out.paint('bold', 'Last')]),
    ...recent.map(
      (tick) => `  ${tick.at}  ${tickText(tick)}${tick.cause === 'clock' ? '' : `  (${tick.cause})`}`,
    ),
  ];
}

type Fields = Parameters<typeof formatFields>[0];

function fieldsOf(schedule: ScheduleDetail, out: Output): Fields {
  const { id, project, name, state, when, overlap, counts, active, problem, startsAt, endsAt } = schedule;
  const { started, skipped, missed } = counts;
  return [
    ['id', id],
    ['name', `${name}  ${out.paint('gray', project)}`],
    ['state', state],
    ['when', whenText(when)],
    ['from', startsAt],
    ['until', endsAt],
    ['starts', `${printableLine(schedule.startsWhat)}, at most ${formatUsd(schedule.budgetUsd)} each time`],
    ['overlap', overlap],
    ['made by', `${schedule.createdBy}, ${schedule.createdAt}`],
    ['runs now', active?.run ?? active?.job],
    ['ticks', `${started} started, ${skipped} skipped, ${missed} missed`],
    ['problem', problem === undefined ? undefined : out.paint('red', printableLine(problem))],
  ];
}
