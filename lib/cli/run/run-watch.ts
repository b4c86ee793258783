import type { Command } from 'commander';
import { works } from '../command.ts';
import { watchRun } from './watch-run.ts';

/** `muster run watch ID`. The exit code is the run's. */
export function addRunWatch(run: Command): void {
  const command = run
    .command('watch')
    .description('follow a run to its end: the meeting as it happens, the actions, the verdicts, the cost')
    .argument('<id>', 'run id')
    .addHelpText(
      'after',
      '\nCtrl-C detaches; the run goes on. The exit code is 0 only if the run SUCCEEDED.\n\nExample:\n  $ muster run watch run-0c5f…',
    );
  works<[string], object>(command, (context, _options, id) => watchRun(context, id));
}
