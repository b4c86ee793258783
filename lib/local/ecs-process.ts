import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import type { EcsTask, TaskDefinition } from './ecs-model.ts';
import { killWithin, type ProcessIdentity, signalGroup, startTimeOf } from './process-identity.ts';

/** How long the last output of a finished process is waited for, should a stray child hold its pipes. */
const lastOutputMs = 500;

export interface TaskProcess extends ProcessIdentity {
  /** Resolves once the process and its group are gone and its output is read. */
  exited: Promise<{ exitCode: number }>;
  /** SIGTERM to the process, once, and SIGKILL to its whole group after `graceSeconds`. */
  stop(graceSeconds: number): void;
}

function environmentOf(task: EcsTask, definition: TaskDefinition, workDir: string): Record<string, string> {
  const own = task.overrides.containerOverrides.flatMap(({ environment }) => environment);
  return {
    HOME: workDir,
    TMPDIR: join(workDir, 'tmp'),
    ...definition.environment,
    ...Object.fromEntries(own.map(({ name, value }) => [name, value])),
  };
}

function exitCodeOf(code: number | null, signal: NodeJS.Signals | null): number {
  return code ?? 128 + (signal ? constants.signals[signal] : 0);
}

function exitOf(child: ChildProcess, pid: number, workDir: string): Promise<{ exitCode: number }> {
  const { promise, resolve } = Promise.withResolvers<{ exitCode: number }>();
  const closed = once(child, 'close');
  child.once('exit', async (code, signal) => {
    // A container ends with its first process; so does this group, and what has left it.
    signalGroup(pid, 'SIGKILL');
    await killWithin(workDir);
    await Promise.race([closed, delay(lastOutputMs, undefined, { ref: false })]);
    rmSync(workDir, { recursive: true, force: true, maxRetries: 3 });
    resolve({ exitCode: exitCodeOf(code, signal) });
  });
  return promise;
}

/** Starts the image's program in a fresh folder, with the environment of the definition and nothing else. */
export async function startTaskProcess(
  task: EcsTask,
  definition: TaskDefinition,
  workDir: string,
  onLine: (line: string) => void,
): Promise<TaskProcess> {
  const program = join(definition.assetFolder, 'main.mjs');
  if (!existsSync(program)) throw new Error(`CannotPullContainerError: there is no ${program}`);
  mkdirSync(join(workDir, 'tmp'), { recursive: true });
  const child = spawn(process.execPath, [program], {
    cwd: workDir,
    env: environmentOf(task, definition, workDir),
    // A group of its own, so that stopping the task reaches whatever it has started.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { pid } = child;
  if (pid === undefined) {
    const [error] = await once(child, 'error');
    rmSync(workDir, { recursive: true, force: true });
    throw error;
  }
  child.on('error', (error) => onLine(`signal not delivered: ${error.message}`));
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', onLine);
  let isStopping = false;
  return {
    pid,
    startTime: startTimeOf(pid) ?? '',
    exited: exitOf(child, pid, workDir),
    stop(graceSeconds) {
      if (!isStopping) child.kill('SIGTERM');
      isStopping = true;
      const timer = setTimeout(() => signalGroup(pid, 'SIGKILL'), graceSeconds * 1000);
      child.once('exit', () => clearTimeout(timer));
    },
  };
}
