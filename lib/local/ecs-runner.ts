import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { EcsTask, StoredTask, TaskDefinition } from './ecs-model.ts';
import { startTaskProcess, type TaskProcess } from './ecs-process.ts';
import type { TaskStore } from './ecs-store.ts';
import { killOrphan, killWithin } from './process-identity.ts';

/** ECS forgets stopped tasks after about an hour. */
const forgetAfterSeconds = 3600;
const forgetEveryMs = 60_000;
/** Longer than the way of an event to whoever hears it takes. */
const tellAgainSeconds = 300;
/** A closing cloud gives its tasks less time than a StopTask does. */
const closeGraceSeconds = 3;

export interface TaskRunnerOptions {
  store: TaskStore;
  /** Each running task has a folder of its own in here. */
  workDir: string;
  /** Processes at once; further tasks wait as PENDING. */
  concurrency: number;
  definition(arn: string): TaskDefinition | undefined;
  onChange(task: EcsTask): void;
  onLine(id: string, definition: TaskDefinition, line: string): void;
}

export interface TaskRunner {
  /** On disk when it returns. */
  accept(id: string, task: EcsTask): void;
  /** @param code default `UserInitiated` */
  stop(id: string, reason: string, code?: StopCode): EcsTask;
  /** Ends what an earlier cloud had running and queues what it had accepted. */
  recover(): Promise<void>;
  close(): Promise<void>;
}

type StopCode = NonNullable<EcsTask['stopCode']>;

const nowSeconds = (): number => Date.now() / 1000;

/** Takes tasks from PENDING to STOPPED, a bounded number of processes at a time. */
export function makeTaskRunner(options: TaskRunnerOptions): TaskRunner {
  const { store, workDir } = options;
  mkdirSync(workDir, { recursive: true });
  const waiting: string[] = [];
  /** Undefined while the process is being started. */
  const running = new Map<string, TaskProcess | undefined>();
  let isClosing = false;

  function storedOf(id: string): StoredTask {
    const stored = store.get(id);
    if (!stored) throw new Error(`Task ${id} is not known`);
    return stored;
  }
  const taskOf = (id: string): EcsTask => storedOf(id).task;

  function change(id: string, patch: Partial<EcsTask>, extra: Partial<StoredTask> = {}): EcsTask {
    const stored = storedOf(id);
    const task = { ...stored.task, ...patch };
    store.save({ ...stored, ...extra, task });
    options.onChange(task);
    return task;
  }

  function finish(
    id: string,
    code: StopCode,
    why: string,
    exit: { exitCode?: number; reason?: string } = {},
  ): EcsTask {
    // A stop that somebody asked for keeps its own code and reason.
    const { containers, stopCode = code, stoppedReason = why } = taskOf(id);
    return change(id, {
      lastStatus: 'STOPPED',
      desiredStatus: 'STOPPED',
      stoppedAt: nowSeconds(),
      stopCode,
      stoppedReason,
      containers: containers.map((container) => ({ ...container, lastStatus: 'STOPPED', ...exit })),
    });
  }

  async function start(id: string, definition: TaskDefinition): Promise<TaskProcess> {
    const task = taskOf(id);
    const onLine = (line: string): void => options.onLine(id, definition, line);
    const child = await startTaskProcess(task, definition, join(workDir, id), onLine);
    running.set(id, child);
    const containers = task.containers.map((container) => ({ ...container, lastStatus: 'RUNNING' as const }));
    const isRunning = { lastStatus: 'RUNNING', startedAt: nowSeconds(), containers } as const;
    const { desiredStatus } = change(id, isRunning, {
      process: { pid: child.pid, startTime: child.startTime },
    });
    if (desiredStatus === 'STOPPED') child.stop(definition.stopTimeoutSeconds);
    return child;
  }

  async function run(id: string): Promise<void> {
    running.set(id, undefined);
    try {
      const { taskDefinitionArn } = taskOf(id);
      const definition = options.definition(taskDefinitionArn);
      if (!definition) throw new Error(`${taskDefinitionArn} is no longer in the stack`);
      const child = await start(id, definition);
      const exit = await child.exited;
      // The file keeps saying RUNNING: the next cloud reports the loss, when somebody can hear it.
      if (!isClosing) finish(id, 'EssentialContainerExited', 'Essential container in task exited', exit);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      finish(id, 'TaskFailedToStart', reason, { reason });
    } finally {
      running.delete(id);
      pump();
    }
  }

  function pump(): void {
    while (!isClosing && running.size < options.concurrency) {
      const id = waiting.shift();
      if (id === undefined) return;
      if (taskOf(id).lastStatus === 'PENDING') void run(id);
    }
  }

  async function endOrphan({ id, process }: StoredTask): Promise<void> {
    if (process && !(await killOrphan(process)))
      throw new Error(`Process ${process.pid} of task ${id} does not die`);
    await killWithin(join(workDir, id));
    rmSync(join(workDir, id), { recursive: true, force: true });
    finish(id, 'InfrastructureHealth', 'the local cloud was stopped while the task ran');
  }

  function forgetOld(): void {
    for (const { id, task } of store.all())
      if ((task.stoppedAt ?? Number.POSITIVE_INFINITY) < nowSeconds() - forgetAfterSeconds) store.forget(id);
  }

  /** Whoever was to hear that a task has stopped may have been killed before: hearing it twice does no harm. */
  function tellAgain(): void {
    const since = nowSeconds() - tellAgainSeconds;
    for (const { task } of store.all())
      if (task.lastStatus === 'STOPPED' && (task.stoppedAt ?? 0) >= since) options.onChange(task);
  }

  const forgetting = setInterval(forgetOld, forgetEveryMs).unref();
  return {
    accept(id, task) {
      store.save({ id, task });
      options.onChange(task);
      waiting.push(id);
      setImmediate(pump);
    },
    stop(id, reason, code = 'UserInitiated') {
      if (taskOf(id).desiredStatus === 'STOPPED') return taskOf(id);
      if (!running.has(id)) return finish(id, code, reason);
      const asked = { desiredStatus: 'STOPPED', stopCode: code, stoppedReason: reason } as const;
      const task = change(id, asked);
      const grace = options.definition(task.taskDefinitionArn)?.stopTimeoutSeconds ?? closeGraceSeconds;
      running.get(id)?.stop(grace);
      return task;
    },
    async recover() {
      forgetOld();
      tellAgain();
      const left = store.all().filter(({ task }) => task.lastStatus !== 'STOPPED');
      // Orphans are gone before the first of the waiting tasks starts.
      for (const stored of left) if (stored.task.lastStatus === 'RUNNING') await endOrphan(stored);
      waiting.push(...left.map(({ id }) => id));
      pump();
    },
    async close() {
      isClosing = true;
      clearInterval(forgetting);
      const children = [...running.values()].filter((child) => child !== undefined);
      for (const child of children) child.stop(closeGraceSeconds);
      await Promise.all(children.map((child) => child.exited));
    },
  };
}
