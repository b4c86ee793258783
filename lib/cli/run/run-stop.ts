import type { Command } from 'commander';
import { works } from '../command.ts';
import { awaitRun } from './await-run.ts';
import { outcomeError } from './run-outcome.ts';

/** `muster run stop ID`: waits until the cycle is closed and nothing of it works any more. */
export function addRunStop(run: Command): void {
  const command = run
    .command('stop')
    .description('stop a run with good manners: jobs are cancelled, its cycle is closed with a report')
    .argument('<id>', 'run id')
    .option('--no-wait', 'do not wait')
    .addHelpText('after', '\nExample:\n  $ muster run stop run-0c5f…');
  works<[string], { wait: boolean }>(command, async (context, { wait }, id) => {
    const { out } = context;
    const { body: asked } = await (await context.api()).call('stopRun', { params: { id } });
    const ended = wait
      ? await awaitRun(context, id, {
          onLook: (run) => out.progress.say(`${run.id} is ${run.status}`),
          whenDetached: `Not waited for any more; the run is stopped all the same. Look again: muster run show ${id}`,
        })
      : asked;
    out.progress.stop();
    if (wait && ended.status !== 'STOPPED') throw outcomeError(ended);
    out.answer(ended, () => [`${ended.id} ${ended.status}`]);
    return 0;
  });
}
