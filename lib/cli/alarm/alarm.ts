import type { Command } from 'commander';
import { type AlarmView, listAlarms, ringAlarm } from '#adapters/client/alarms.ts';
import { AppError } from '#contracts/errors.ts';
import { works } from '../command.ts';
import type { Format, Output } from '../output.ts';
import { printableLine } from '../printable.ts';
import { formatTable } from '../table.ts';

/** `muster alarm list` and `muster alarm test NAME`. */
export function addAlarm(program: Command): void {
  const alarm = program.command('alarm').description('see alarms, and let one ring');
  addList(alarm);
  addTest(alarm);
}

function addList(alarm: Command): void {
  const command = alarm
    .command('list')
    .description('list all alarms and whether they ring')
    .addHelpText('after', '\nExample:\n  $ muster alarm list');
  works<[], object>(command, async ({ out, api }) => {
    const items = await listAlarms((await api()).target);
    out.answer({ items }, () => alarmTable(items, out));
    for (const { description } of items.filter(({ state }) => state === 'ALARM'))
      out.note(`\n${description}`);
    return 0;
  });
}

function addTest(alarm: Command): void {
  const command = alarm
    .command('test')
    .description('let an alarm ring, to see who hears it; it ends by itself within minutes')
    .argument('<name>', 'as `muster alarm list` shows it')
    .addHelpText('after', '\nExample:\n  $ muster alarm test DeadLetters');
  works<[string], object>(command, async ({ out, api }, _options, name) => {
    const { target } = await api();
    const alarms = await listAlarms(target);
    const found = alarms.find((candidate) => candidate.name === name);
    if (!found) throw unknownAlarm(name, alarms);
    if (found.state === 'ALARM') throw ringsAlready(name);
    await ringAlarm(target, name, 'muster alarm test: nothing is wrong');
    const heardBy = found.actions;
    out.answer({ name, state: 'ALARM', heardBy }, () => [`${name} rings; it told ${heardBy.join(', ')}`]);
    return 0;
  });
}

function alarmTable(alarms: readonly AlarmView[], out: Output): string[] {
  return formatTable(alarms, [
    { title: 'ALARM', value: ({ name }) => name },
    { title: 'STATE', value: ({ state }) => state, paint: (text, row) => out.paint(formatOf(row), text) },
    { title: 'SAYS', value: ({ description }) => printableLine(firstSentence(description)) },
  ]);
}

function formatOf({ state }: AlarmView): Format {
  if (state === 'ALARM') return 'red';
  return state === 'OK' ? 'green' : 'gray';
}

/** `WARNING: What has happened. What it means …` */
function firstSentence(description: string): string {
  return /^(?:[A-Z]+: )?(.*?\.)(?:\s|$)/s.exec(description)?.[1] ?? description;
}

/** CloudWatch tells of changes alone: whoever set it again would be told by nobody that nobody has heard it. */
function ringsAlready(name: string): AppError {
  return new AppError('busy', `${name} rings already, so nobody is told anew`, {
    remedy: 'wait until it is over; after a test that is within minutes: muster alarm list',
  });
}

function unknownAlarm(name: string, alarms: readonly AlarmView[]): AppError {
  return new AppError('not_found', `there is no alarm "${name}"`, {
    remedy: `there are ${alarms.map((alarm) => alarm.name).join(', ')}`,
  });
}
