import { spawn, spawnSync } from 'node:child_process';
import { accessSync, chmodSync, chownSync, constants } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '#contracts/errors.ts';
import type { Confinement, StartRequest } from './confinement.ts';
import { launchArgv } from './launch-script.ts';
import { listProcesses } from './process-table.ts';

export interface Identity {
  uid: number;
  gid: number;
}

/** How often it is looked whether the killed are gone, and how long in all. */
const pollMs = 10;
const endingMs = 10_000;

/**
 * Tools run under a user id of their own, which nothing else on the machine may use: whatever has it is killed
 * when a command ends. Needs root (SETUID, SETGID, KILL and CHOWN, which containers have by default).
 */
export function makeUidConfinement(identity: Identity): Confinement {
  const { uid, gid } = identity;
  if (uid === 0 || uid === process.getuid?.())
    throw new AppError('internal', `Tools cannot run as user ${uid}: that is the worker's own.`);
  const alive = () => listProcesses().filter(({ uids, zombie }) => !zombie && uids.includes(uid)).length;
  return {
    kind: 'uid',
    isolated: true,
    start: (request) => startAs(identity, request),
    async endAll() {
      const found = alive();
      killAll(identity);
      for (let waitedMs = 0; alive() > 0; waitedMs += pollMs) {
        if (waitedMs >= endingMs)
          throw new AppError(
            'internal',
            `${alive()} processes of user ${uid} do not end although they were killed.`,
          );
        await sleep(pollMs);
        killAll(identity);
      }
      return found;
    },
    adopt(folder) {
      chownSync(folder, uid, gid);
      chmodSync(folder, 0o700);
    },
  };
}

/** Only where nobody but root can put a program: it is the last one that runs with the worker's rights. */
const setprivPlaces = ['/usr/bin/setpriv', '/bin/setpriv', '/usr/sbin/setpriv', '/sbin/setpriv'];

/** Undefined where util-linux is not installed. */
export function findSetpriv(): string | undefined {
  return setprivPlaces.find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      // Not this one; the caller says so if it was none of them.
      return false;
    }
  });
}

function requireSetpriv(): string {
  const file = findSetpriv();
  if (!file) throw new AppError('internal', 'setpriv (from util-linux) is not installed.');
  return file;
}

function asUser({ uid, gid }: Identity, argv: readonly string[]): string[] {
  const identity = [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--inh-caps=-all'];
  return [...identity, '--no-new-privs', '--', ...argv];
}

function startAs(identity: Identity, request: StartRequest) {
  const { env, input, merged } = request;
  // By its full path: the PATH in `env` is the tools', who may have a setpriv of their own.
  return spawn(requireSetpriv(), asUser(identity, launchArgv(request)), {
    // Not the workspace: this change of folder still happens with the worker's rights.
    cwd: '/',
    env,
    detached: true,
    stdio: [input ? 'pipe' : 'ignore', 'pipe', merged ? 'ignore' : 'pipe'],
  });
}

/**
 * One call of `kill` for everything that the user may signal, the caller excepted. The kernel does it under one
 * lock, so that not even a fork bomb gets away. Without limits: a full process table must not stop it.
 */
function killAll(identity: Identity): void {
  const { error } = spawnSync(requireSetpriv(), asUser(identity, ['/bin/sh', '-c', 'kill -s KILL -- -1']), {
    cwd: '/',
    env: { PATH: '/usr/bin:/bin' },
    stdio: 'ignore',
  });
  if (error) throw new AppError('internal', 'The tools could not be killed.', { cause: error });
}
