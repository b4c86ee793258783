import type { Command } from 'commander';
import { works } from '../command.ts';
import { idempotencyKeyOf } from '../job/job-request-options.ts';
import { type PlaceOptions, withScheduleId } from './schedule-place.ts';
import { tickText } from './tick-text.ts';

/** Nothing was started, and asking again changes nothing by itself. */
const notStarted = 5;

/** `muster schedule start ID`. */
export function addScheduleStart(schedule: Command): void {
  const command = schedule
    .command('start')
    .description('start it once, now; prints the id of what was started')
    .argument('<id>', 'its id or its name')
    .option('--project <name>', 'where the name is to be found (default: default)')
    .option('--idempotency-key <key>', 'the same key again is the same start')
    .addHelpText(
      'after',
      '\nIts rule for overlaps holds here, too. Exit code 5: nothing was started, and why is said.\n\nExample:\n  $ muster schedule start monday',
    );
  works<[string], PlaceOptions & { idempotencyKey?: string }>(command, async ({ out, api }, options, id) => {
    const client = await api();
    const idempotencyKey = idempotencyKeyOf(options);
    const { body } = await withScheduleId(id, options, (found) =>
      client.call('startSchedule', { params: { id: found }, idempotencyKey }),
    );
    const started = body.run ?? body.job;
    out.answer(body, () => [started ?? tickText(body)]);
    if (started !== undefined)
      out.note(out.paint('gray', `watch it: muster ${body.run ? 'run' : 'job'} watch ${started}`));
    return body.outcome === 'skipped' ? notStarted : 0;
  });
}
