import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { toolEnvironment } from '#adapters/sandbox/tool-environment.ts';
import { findSetpriv } from '#adapters/sandbox/uid-confinement.ts';
import { AppError } from '#contracts/errors.ts';
import type { RunningWorker, Shell } from './shell.ts';

/**
 * In the local cloud a worker is a process of this machine: its folder is here, and a shell in it is one of this
 * machine too, as the user that the agent's tools run as.
 *
 * @throws AppError `unavailable` where the folder is not here (any more)
 */
export function localShell(dataDir: string, { job, taskArn }: RunningWorker, command?: string): Shell {
  const { folder, home, temporary } = placeOf(
    join(dataDir, 'ecs', 'work', taskArn.split('/').at(-1) ?? ''),
    job.id,
  );
  const { uid, gid } = statSync(folder);
  const shell = command === undefined ? ['/bin/bash'] : ['/bin/sh', '-c', command];
  // The change of folder happens with the rights of whom it belongs to.
  const inFolder = ['/bin/sh', '-c', 'cd "$0" && exec "$@"', folder, ...shell];
  const [file = '', ...args] = uid === process.getuid?.() ? inFolder : asUser(uid, gid, inFolder);
  const env = {
    ...toolEnvironment({ home, temporary }),
    TERM: process.stdout.isTTY ? 'xterm-256color' : 'dumb',
  };
  return { file, args, env, says: describe(folder, uid, job.attempt) };
}

function describe(folder: string, uid: number, attempt: number): string {
  const where = `${folder}, attempt ${attempt}, on this machine`;
  if (uid === process.getuid?.()) return `A shell as you in ${where}.`;
  return `A shell as user ${uid}, whom the agent's tools run as, in ${where}. It ends with the agent's next command: then all that this user runs is ended.`;
}

interface Place {
  folder: string;
  home: string;
  temporary: string;
}

/** The workspace of a job with tools; of another the worker's own folder. */
function placeOf(work: string, jobId: string): Place {
  const temporary = join(work, 'tmp');
  if (!existsSync(temporary))
    throw new AppError('unavailable', `the worker of job ${jobId} has no folder in ${work}`, {
      remedy: 'name the data folder of the local cloud that runs it: --data DIR',
    });
  const sandbox = readdirSync(temporary).find((name) => name.startsWith(`muster-${jobId}-`));
  const base = sandbox === undefined ? undefined : join(temporary, sandbox);
  if (base === undefined || !existsSync(join(base, 'work'))) return { folder: work, home: work, temporary };
  return { folder: join(base, 'work'), home: join(base, 'home'), temporary: join(base, 'tmp') };
}

function asUser(uid: number, gid: number, argv: readonly string[]): string[] {
  const setpriv = process.getuid?.() === 0 ? findSetpriv() : undefined;
  if (setpriv === undefined)
    throw new AppError('forbidden', `the workspace belongs to user ${uid}, and only root may become that`, {
      remedy: 'run the same command as the user who runs the local cloud',
    });
  return [setpriv, `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--no-new-privs', '--', ...argv];
}
