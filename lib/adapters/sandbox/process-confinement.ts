import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '#contracts/errors.ts';
import { type Confinement, signalGroup } from './confinement.ts';
import { launchArgv } from './launch-script.ts';
import { environmentOf, listProcesses, sessionOf, threadsOf } from './process-table.ts';

const mark = 'MUSTER_SANDBOX';
const pollMs = 10;
const endingMs = 10_000;

/**
 * Tools run as the person who started the worker: no border, only order. They can read what that person can, the
 * worker's environment included.
 *
 * A user namespace is not used although some laptops allow one: it would still be the same person, whose files
 * all stay readable, and to hide those takes a file system of its own, with every toolchain in the home folder
 * mounted back in. Half of that would look like safety. Ubuntu 24.04 and Fargate refuse them anyway.
 *
 * Leftovers are found by process group and, on Linux, by session and by a mark in their environment, which only
 * a program that means to escape takes off.
 */
export function makeProcessConfinement(): Confinement {
  const id = randomBytes(12).toString('hex');
  const leaders = new Set<number>();
  const onLinux = process.platform === 'linux';
  return {
    kind: 'process',
    isolated: false,
    start(request) {
      const { env, input, merged } = request;
      const processes = onLinux && request.processes ? request.processes + ownThreads() : undefined;
      const [file = '', ...args] = launchArgv({ ...request, processes });
      const child = spawn(file, args, {
        env: { ...env, [mark]: id },
        detached: true,
        stdio: [input ? 'pipe' : 'ignore', 'pipe', merged ? 'ignore' : 'pipe'],
      });
      if (child.pid !== undefined) leaders.add(child.pid);
      return child;
    },
    async endAll() {
      const alive = () => (onLinux ? findMarked(id, leaders) : []);
      let left = alive();
      const found = left.length;
      for (const leader of leaders) signalGroup(leader, 'SIGKILL');
      for (let waitedMs = 0; left.length > 0; waitedMs += pollMs) {
        if (waitedMs >= endingMs)
          throw new AppError('internal', `${left.length} processes do not end although they were killed.`);
        for (const pid of left) kill(pid);
        await sleep(pollMs);
        left = alive();
      }
      // An id may be given to a stranger once all that had it are gone.
      leaders.clear();
      return found;
    },
    adopt: (folder) => chmodSync(folder, 0o700),
  };
}

function findMarked(id: string, leaders: ReadonlySet<number>): number[] {
  return listProcesses()
    .filter(({ pid, zombie }) => !zombie && pid !== process.pid)
    .map(({ pid }) => pid)
    .filter((pid) => leaders.has(sessionOf(pid) ?? 0) || environmentOf(pid)?.includes(`${mark}=${id}`));
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** The kernel counts all that the person runs, so a limit for tools comes on top of what there is. */
function ownThreads(): number {
  const uid = process.getuid?.() ?? -1;
  const own = listProcesses().filter(({ uids }) => uids[0] === uid);
  return own.reduce((sum, { pid }) => sum + threadsOf(pid), 0);
}
