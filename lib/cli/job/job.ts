import type { Command } from 'commander';
import { addJobCancel } from './job-cancel.ts';
import { addJobList } from './job-list.ts';
import { addJobLogs } from './job-logs.ts';
import { addJobResult } from './job-result.ts';
import { addJobRetry } from './job-retry.ts';
import { addJobShell } from './job-shell.ts';
import { addJobShow } from './job-show.ts';
import { addJobSubmit } from './job-submit.ts';
import { addJobWatch } from './job-watch.ts';

/** `muster job …`: one unit of work for one worker. */
export function addJob(program: Command): void {
  const job = program
    .command('job')
    .helpCommand(false)
    .description('single jobs: submit, follow, read, look inside, cancel, retry');
  addJobSubmit(job);
  addJobList(job);
  addJobShow(job);
  addJobWatch(job);
  addJobResult(job);
  addJobLogs(job);
  addJobShell(job);
  addJobCancel(job);
  addJobRetry(job);
}
