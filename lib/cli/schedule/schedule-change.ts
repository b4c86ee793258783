import type { Command } from 'commander';
import { works } from '../command.ts';
import { type PlaceOptions, withScheduleId } from './schedule-place.ts';

interface Change {
  verb: 'pause' | 'resume';
  description: string;
}

/** `muster schedule pause ID`. */
export function addSchedulePause(schedule: Command): void {
  addChange(schedule, { verb: 'pause', description: 'no more ticks until it is resumed; what runs goes on' });
}

/** `muster schedule resume ID`. */
export function addScheduleResume(schedule: Command): void {
  addChange(schedule, { verb: 'resume', description: 'go on with the next tick' });
}

function addChange(schedule: Command, { verb, description }: Change): void {
  const command = schedule
    .command(verb)
    .description(description)
    .argument('<id>', 'its id or its name')
    .option('--project <name>', 'where the name is to be found (default: default)')
    .addHelpText('after', `\nExample:\n  $ muster schedule ${verb} monday --project shop`);
  works<[string], PlaceOptions>(command, async ({ out, api }, options, id) => {
    const client = await api();
    const route = verb === 'pause' ? 'pauseSchedule' : 'resumeSchedule';
    const { body } = await withScheduleId(id, options, (found) =>
      client.call(route, { params: { id: found } }),
    );
    out.answer(body, () => [`${body.id} ${body.state}`]);
    const [next] = body.next;
    if (next !== undefined) out.note(out.paint('gray', `next: ${next}`));
    return 0;
  });
}

/** `muster schedule delete ID`. */
export function addScheduleDelete(schedule: Command): void {
  const command = schedule
    .command('delete')
    .description('delete a schedule; what it started goes on, and its name is free again')
    .argument('<id>', 'its id or its name')
    .option('--project <name>', 'where the name is to be found (default: default)')
    .addHelpText('after', '\nExample:\n  $ muster schedule delete monday');
  works<[string], PlaceOptions>(command, async ({ out, api }, options, id) => {
    const client = await api();
    const { body } = await withScheduleId(id, options, (found) =>
      client.call('deleteSchedule', { params: { id: found } }),
    );
    out.answer(body, () => [`${body.id} deleted`]);
    return 0;
  });
}
