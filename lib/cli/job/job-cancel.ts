import type { Command } from 'commander';
import { works } from '../command.ts';
import { awaitJob } from './await-job.ts';
import { outcomeError } from './job-outcome.ts';

/** `muster job cancel ID`: waits until the worker is known to be gone. */
export function addJobCancel(job: Command): void {
  const command = job
    .command('cancel')
    .description('cancel a job, and wait until its worker is gone')
    .argument('<id>', 'job id')
    .option('--no-wait', 'do not wait')
    .addHelpText('after', '\nExample:\n  $ muster job cancel job-0c5f…');
  works<[string], { wait: boolean }>(command, async (context, { wait }, id) => {
    const { out } = context;
    const { body: asked } = await (await context.api()).call('cancelJob', { params: { id } });
    const ended = wait ? await awaitJob(context, id, { whenDetached: detached(id) }) : asked;
    if (wait && ended.status !== 'CANCELLED') throw outcomeError(ended);
    out.answer(ended, () => [`${ended.id} ${ended.status}`]);
    return 0;
  });
}

function detached(id: string): string {
  return `Not waited for any more; the job is cancelled all the same. Look again: muster job show ${id}`;
}
