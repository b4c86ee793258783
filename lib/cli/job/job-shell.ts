import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Command } from 'commander';
import { AppError } from '#contracts/errors.ts';
import { isTerminal } from '#contracts/job-states.ts';
import type { JobView } from '#contracts/job-view.ts';
import { works } from '../command.ts';
import { awsShell } from './aws-shell.ts';
import { localShell } from './local-shell.ts';
import type { RunningWorker, Shell } from './shell.ts';

interface ShellOptions {
  command?: string;
}

/** `muster job shell ID`: a look into a running worker. */
export function addJobShell(job: Command): void {
  const command = job
    .command('shell')
    .description('open a shell where the worker of a job runs')
    .argument('<id>', 'job id')
    .option('--command <text>', 'run this and come back, instead of a shell')
    .addHelpText(
      'after',
      `
In AWS it takes the setting {"exec": true}, the AWS CLI and its session manager plugin. The shell is root
in the worker's container, and what is typed is written down: docs/security.md says what it sees.
With --json it says what it would run.

Examples:
  $ muster job shell job-0c5f…
  $ muster job shell job-0c5f… --command 'ls -la /workspace/work'`,
    );
  works<[string], ShellOptions>(command, async ({ out, api, dataDir, options }, given, id) => {
    const { target, call } = await api();
    const { body } = await call('readJob', { params: { id } });
    const worker = requireWorker(body);
    const shell =
      target.kind === 'local'
        ? localShell(dataDir, worker, given.command)
        : await awsShell(target, worker, { command: given.command, profile: options.profile });
    if (out.json) {
      out.answer({ job: id, taskArn: worker.taskArn, file: shell.file, args: shell.args }, () => []);
      return 0;
    }
    out.note(out.paint('gray', shell.says));
    return run(shell);
  });
}

/** @throws AppError that says why there is nothing to look into */
function requireWorker(job: JobView): RunningWorker {
  const { id, status, lane, links } = job;
  if (isTerminal(status))
    throw new AppError('job_ended', `job ${id} ended ${status}, and its worker is gone`, {
      remedy: `what it wrote: muster job logs ${id} --follow`,
    });
  if (lane === 'function')
    throw new AppError('invalid_request', `job ${id} runs in a function, into which there is no way`, {
      remedy: `follow what it writes: muster job logs ${id} --follow · or deploy with {"forceFargate": true}`,
    });
  if (status !== 'RUNNING' || links.taskArn === undefined)
    throw new AppError('unavailable', `job ${id} is ${status}: no worker of it runs`, {
      remedy: `wait until it does: muster job watch ${id}`,
    });
  return { job, taskArn: links.taskArn };
}

/** With the terminal handed over; Ctrl-C is for what runs in there. */
async function run({ file, args, env }: Shell): Promise<number> {
  const ignore = () => undefined;
  process.on('SIGINT', ignore);
  try {
    const child = spawn(file, args, { stdio: 'inherit', ...(env && { env }) });
    const [code] = (await once(child, 'exit')) as [number | null];
    return code ?? 1;
  } finally {
    process.off('SIGINT', ignore);
  }
}
