import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** A pid alone may have been given to another process since; pid and start time name one process. */
export interface ProcessIdentity {
  pid: number;
  startTime: string;
}

/** When the process started, in whatever unit the system uses; undefined if it does not run. */
export function startTimeOf(pid: number): string | undefined {
  try {
    if (!existsSync('/proc/self/stat')) {
      return (
        execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined
      );
    }
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command's name, in parentheses, may itself hold spaces; state is the first field after it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

export function signalGroup(pid: number, name: NodeJS.Signals): void {
  signal(-pid, name);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It is gone, which is what a signal to it is for.
  }
}

/**
 * Kills whatever was started with its home or temporary folder in here. A container takes all its processes with it;
 * those that a tool has put into a group of their own would outlive a worker that was killed. Linux only: elsewhere
 * nobody can look into the environment of another process.
 */
export async function killWithin(folder: string, waitMs = 5000): Promise<void> {
  const deadline = Date.now() + waitMs;
  for (let left = within(folder); left.length > 0 && Date.now() < deadline; left = within(folder)) {
    for (const pid of left) signal(pid, 'SIGKILL');
    await delay(20);
  }
}

function within(folder: string): number[] {
  if (!existsSync('/proc/self/environ')) return [];
  const isOurs = (variable: string) => variable === folder || variable.startsWith(`${folder}/`);
  return readdirSync('/proc').flatMap((name) => {
    const folders = /^[0-9]+$/.test(name) ? foldersOf(name) : [];
    return folders.some(isOurs) && startTimeOf(Number(name)) !== undefined ? [Number(name)] : [];
  });
}

/** `HOME` and `TMPDIR` of a process; none where it is gone or somebody else's. */
function foldersOf(pid: string): string[] {
  try {
    const variables = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    return variables.flatMap((variable) => /^(?:HOME|TMPDIR)=(.*)$/s.exec(variable)?.[1] ?? []);
  } catch {
    return [];
  }
}

/** Kills the process group that a dead cloud left behind. True once it is gone or was gone already. */
export async function killOrphan({ pid, startTime }: ProcessIdentity, waitMs = 5000): Promise<boolean> {
  const deadline = Date.now() + waitMs;
  while (startTimeOf(pid) === startTime) {
    if (Date.now() > deadline) return false;
    signalGroup(pid, 'SIGKILL');
    await delay(20);
  }
  return true;
}
