import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
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

export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // The group is gone, which is what a signal to it is for.
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
