import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { constants } from 'node:os';
import { basename, isAbsolute, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import type { EcsTask, TaskDefinition } from './ecs-model.ts';
import { type ProcessIdentity, signalGroup, startTimeOf } from './process-identity.ts';

/** How long the last output of a finished process is waited for, should a stray child hold its pipes. */
const lastOutputMs = 500;

export interface TaskProcess extends ProcessIdentity {
  /** Resolves once the process and its group are gone and its output is read. */
  exited: Promise<{ exitCode: number }>;
  /** SIGTERM to the process, SIGKILL to its whole group after `graceSeconds`. */
  stop(graceSeconds: number): void;
}

/** Paths inside the image become paths in the folder that it would be built from. */
function localPath(argument: string, folder: string): string {
  const candidate = join(folder, basename(argument));
  return isAbsolute(argument) && existsSync(candidate) ? candidate : argument;
}

function commandOf(task: EcsTask, { container }: TaskDefinition): [string, string[]] {
  const override = task.overrides.containerOverrides?.find(({ name }) => name === container.name)?.command;
  const written = [...container.entryPoint, ...(override ?? container.command)];
  const entry = join(container.assetFolder, 'main.mjs');
  const [program, ...args] = written.length > 0 ? written : ['node', entry];
  if (written.length === 0 && !existsSync(entry)) {
    throw new Error(
      `CannotPullContainerError: ${container.assetFolder} has no main.mjs, and there is no command`,
    );
  }
  const isNode = program !== undefined && basename(program) === 'node';
  const executable = isNode ? process.execPath : localPath(program ?? '', container.assetFolder);
  return [executable, args.map((argument) => localPath(argument, container.assetFolder))];
}

function environmentOf(task: EcsTask, definition: TaskDefinition, workDir: string): Record<string, string> {
  const own = task.overrides.containerOverrides?.find(({ name }) => name === definition.container.name);
  const overrides = (own?.environment ?? []).map(({ name, value }) => [name, value] as const);
  return {
    HOME: workDir,
    TMPDIR: join(workDir, 'tmp'),
    ...definition.baseEnvironment,
    ...definition.container.environment,
    ...Object.fromEntries(overrides),
  };
}

function exitCodeOf(code: number | null, signal: NodeJS.Signals | null): number {
  return code ?? 128 + (signal ? constants.signals[signal] : 0);
}

function exitOf(child: ChildProcess, pid: number, workDir: string): Promise<{ exitCode: number }> {
  const { promise, resolve } = Promise.withResolvers<{ exitCode: number }>();
  const closed = new Promise((close) => child.once('close', close));
  child.once('exit', async (code, signal) => {
    // A container ends with its first process; so does this group.
    signalGroup(pid, 'SIGKILL');
    await Promise.race([closed, delay(lastOutputMs, undefined, { ref: false })]);
    rmSync(workDir, { recursive: true, force: true, maxRetries: 3 });
    resolve({ exitCode: exitCodeOf(code, signal) });
  });
  return promise;
}

/** Starts the task's command in a fresh folder, with the environment of the definition and nothing else. */
export async function startTaskProcess(
  task: EcsTask,
  definition: TaskDefinition,
  workDir: string,
  onLine: (line: string) => void,
): Promise<TaskProcess> {
  const [command, args] = commandOf(task, definition);
  mkdirSync(join(workDir, 'tmp'), { recursive: true });
  const env = environmentOf(task, definition, workDir);
  // A group of its own, so that stopping the task reaches whatever it has started.
  const child = spawn(command, args, {
    cwd: workDir,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { pid } = child;
  if (pid === undefined) {
    const [error] = await new Promise<[Error]>((resolve) => child.once('error', (cause) => resolve([cause])));
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
      if (isStopping) return;
      isStopping = true;
      child.kill('SIGTERM');
      const timer = setTimeout(() => signalGroup(pid, 'SIGKILL'), graceSeconds * 1000);
      child.once('exit', () => clearTimeout(timer));
    },
  };
}
