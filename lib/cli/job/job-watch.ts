import type { Command } from 'commander';
import { works } from '../command.ts';
import { awaitJob } from './await-job.ts';
import { outcomeExitCode } from './job-outcome.ts';
import { makeView } from './watch-view.ts';

/** `muster job watch ID`. Its exit code is the job's. */
export function addJobWatch(job: Command): void {
  const command = job
    .command('watch')
    .description('follow a job to its end: states, text as it is written, tools, cost')
    .argument('<id>', 'job id')
    .addHelpText(
      'after',
      '\nCtrl-C detaches; the job goes on. The exit code is 0 only if the job SUCCEEDED.\n\nExample:\n  $ muster job watch job-0c5f…',
    );
  works<[string], object>(command, async (context, _options, id) => {
    const { out } = context;
    const view = makeView(out);
    const follow = { onState: view.state, onEvent: view.event, doing: view.doing };
    const job = await awaitJob(context, id, follow);
    out.answer(job, () => []);
    return outcomeExitCode(job);
  });
}
