import type { ChildProcess } from 'node:child_process';
import type { Launch } from './launch-script.ts';

export interface StartRequest extends Omit<Launch, 'processes'> {
  /** All that the program gets to see of an environment. */
  env: Readonly<Record<string, string>>;
  /** Of processes and threads; undefined for the worker's own helper. */
  processes: number | undefined;
  /** Whether the program gets a standard input. */
  input: boolean;
}

/** How a program is kept apart from the worker, and how all that it started is ended. */
export interface Confinement {
  readonly kind: 'uid' | 'process';
  readonly isolated: boolean;
  /** The leader of a session of its own. Its output comes on `stdout`; `stderr` only where it is not merged. */
  start(request: StartRequest): ChildProcess;
  /** Kills every process that was ever started here and is still there. Resolves to how many were alive. */
  endAll(): Promise<number>;
  /** Makes the folder the tools' own, closed to others. */
  adopt(folder: string): void;
}

/** Asks the program and all that share its process group to end. */
export function requestEnd(child: ChildProcess): void {
  signalGroup(child.pid, 'SIGTERM');
}

/** To a process group by its leader's id. What is gone already is as good as ended. */
export function signalGroup(leader: number | undefined, signal: NodeJS.Signals): void {
  if (leader === undefined || leader <= 1) return;
  try {
    process.kill(-leader, signal);
  } catch (error) {
    // macOS says EPERM of a group in which only zombies are left.
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ESRCH' && !(code === 'EPERM' && process.platform === 'darwin')) throw error;
  }
}
