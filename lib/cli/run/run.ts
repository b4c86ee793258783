import type { Command } from 'commander';
import { addRunFiles } from './run-files.ts';
import { addRunList } from './run-list.ts';
import { addRunShow } from './run-show.ts';
import { addRunStart } from './run-start.ts';
import { addRunStop } from './run-stop.ts';
import { addRunWatch } from './run-watch.ts';

/** `muster run …`: an objective given to a team. */
export function addRun(program: Command): void {
  const run = program
    .command('run')
    .helpCommand(false)
    .description('runs of a team: start, follow, read, fetch files, stop');
  addRunStart(run);
  addRunList(run);
  addRunShow(run);
  addRunWatch(run);
  addRunFiles(run);
  addRunStop(run);
}
