import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ProcessIdentity, startTimeOf } from '../../../lib/local/process-identity.ts';

export function isAlive({ pid, startTime }: ProcessIdentity): boolean {
  return startTimeOf(pid) === startTime;
}

interface TaskFile {
  process?: ProcessIdentity;
}

/** The process that the local cloud has noted for a task; undefined while it waits for its turn. */
export function processOf(dataDir: string, taskArn: string): ProcessIdentity | undefined {
  const id = taskArn.slice(taskArn.lastIndexOf('/') + 1);
  return readTask(join(dataDir, 'ecs', 'tasks', `${id}.json`)).process;
}

function readTask(file: string): TaskFile {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    // Another process may have renamed or removed it this moment.
    return {};
  }
}

/** What a process was given at its start. */
export function environmentOf(pid: number): Record<string, string> {
  const pairs = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').filter(Boolean);
  return Object.fromEntries(
    pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  );
}

/** Every live worker of the cloud that keeps its data there, whether or not the cloud knows of it. */
export function workersOf(dataDir: string): number[] {
  if (!existsSync('/proc/self/environ')) return notedWorkersOf(dataDir);
  const pids = readdirSync('/proc').map(Number).filter(Number.isInteger);
  return pids.filter((pid) => isWorkerOf(dataDir, pid));
}

function isWorkerOf(dataDir: string, pid: number): boolean {
  try {
    if (!environmentOf(pid).HOME?.startsWith(join(dataDir, 'ecs', 'work'))) return false;
  } catch {
    // Gone meanwhile, or somebody else's.
    return false;
  }
  return startTimeOf(pid) !== undefined;
}

function notedWorkersOf(dataDir: string): number[] {
  const folder = join(dataDir, 'ecs', 'tasks');
  const noted = readdirSync(folder).map((name) => readTask(join(folder, name)).process);
  return noted.flatMap((process) => (process && isAlive(process) ? [process.pid] : []));
}
