import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { EcsTask, StoredTask, TaskContainer, TaskDefinition } from './ecs-model.ts';
import { startTaskProcess, type TaskProcess } from './ecs-process.ts';
import type { TaskStore } from './ecs-store.ts';
import { killOrphan, signalGroup } from './process-identity.ts';

/** ECS forgets stopped tasks after about an hour. */
const forgetAfterSeconds = 3600;
const forgetEveryMs = 60_000;
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
  onLine(task: EcsTask, definition: TaskDefinition, line: string): void;
}

export interface TaskRunner {
  /** On disk when it returns. */
  accept(stored: StoredTask): void;
  stop(stored: StoredTask, reason: string): StoredTask;
  /** Ends what an earlier cloud had running and queues what it had accepted. */
  recover(): Promise<void>;
  close(): Promise<void>;
}

const nowSeconds = (): number => Date.now() / 1000;

/** Takes tasks from PROVISIONING to STOPPED, a bounded number of processes at a time. */
export function makeTaskRunner(options: TaskRunnerOptions): TaskRunner {
  const { store, workDir } = options;
  const waiting: string[] = [];
  const running = new Map<string, TaskProcess | undefined>();
  let isClosing = false;

  function change(id: string, patch: Partial<EcsTask>, extra: Partial<StoredTask> = {}): StoredTask {
    const stored = store.get(id);
    if (!stored) throw new Error(`Task ${id} is not known`);
    const task = { ...stored.task, ...patch, version: stored.task.version + 1 };
    const next = { ...stored, ...extra, task };
    store.save(next);
    options.onChange(task);
    return next;
  }

  function containers(id: string, patch: Partial<TaskContainer>): TaskContainer[] {
    return (store.get(id)?.task.containers ?? []).map((container) => ({ ...container, ...patch }));
  }

  function finish(
    id: string,
    end: Pick<EcsTask, 'stopCode' | 'stoppedReason'>,
    exit: Partial<TaskContainer> = {},
  ): StoredTask {
    const stopped = containers(id, { lastStatus: 'STOPPED', ...exit });
    // A stop that somebody asked for keeps its own code and reason.
    const { stopCode = end.stopCode, stoppedReason = end.stoppedReason } = store.get(id)?.task ?? {};
    const ending = { desiredStatus: 'STOPPED', containers: stopped, stopCode, stoppedReason } as const;
    if (store.get(id)?.task.lastStatus === 'RUNNING') change(id, { lastStatus: 'DEPROVISIONING', ...ending });
    return change(id, { lastStatus: 'STOPPED', stoppedAt: nowSeconds(), ...ending });
  }

  async function run(id: string): Promise<void> {
    const task = store.get(id)?.task;
    if (!task) return;
    running.set(id, undefined);
    try {
      const definition = options.definition(task.taskDefinitionArn);
      if (!definition) throw new Error(`${task.taskDefinitionArn} is no longer in the stack`);
      const onLine = (line: string): void => options.onLine(task, definition, line);
      const child = await startTaskProcess(task, definition, join(workDir, id), onLine);
      running.set(id, child);
      const identity = { pid: child.pid, startTime: child.startTime };
      change(
        id,
        {
          lastStatus: 'RUNNING',
          startedAt: nowSeconds(),
          containers: containers(id, { lastStatus: 'RUNNING' }),
        },
        { process: identity },
      );
      if (store.get(id)?.task.desiredStatus === 'STOPPED')
        child.stop(definition.container.stopTimeoutSeconds);
      const { exitCode } = await child.exited;
      // The file keeps saying RUNNING: the next cloud reports the loss, when somebody can hear it.
      if (isClosing) return;
      finish(
        id,
        { stopCode: 'EssentialContainerExited', stoppedReason: 'Essential container in task exited' },
        { exitCode },
      );
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      finish(id, { stopCode: 'TaskFailedToStart', stoppedReason: reason }, { reason });
    } finally {
      running.delete(id);
      pump();
    }
  }

  function pump(): void {
    while (!isClosing && running.size < options.concurrency) {
      const id = waiting.shift();
      if (id === undefined) return;
      if (store.get(id)?.task.lastStatus === 'PENDING') void run(id);
    }
  }

  function enqueue(id: string): void {
    if (isClosing) return;
    const stored = store.get(id);
    if (stored?.task.lastStatus === 'PROVISIONING') change(id, { lastStatus: 'PENDING' });
    waiting.push(id);
    pump();
  }

  function stop(stored: StoredTask, reason: string): StoredTask {
    const { id, task } = stored;
    if (task.desiredStatus === 'STOPPED') return stored;
    const asked = {
      desiredStatus: 'STOPPED',
      stoppingAt: nowSeconds(),
      stopCode: 'UserInitiated',
      stoppedReason: reason,
    } as const;
    const next = change(id, asked);
    const child = running.get(id);
    const definition = options.definition(task.taskDefinitionArn);
    if (child) child.stop(definition?.container.stopTimeoutSeconds ?? closeGraceSeconds);
    else if (!running.has(id)) return finish(id, asked);
    return next;
  }

  async function recoverOne({ id, task, process }: StoredTask): Promise<void> {
    if (task.lastStatus === 'STOPPED') return;
    if (task.lastStatus === 'PROVISIONING' || task.lastStatus === 'PENDING') {
      if (task.desiredStatus === 'STOPPED') finish(id, {});
      else enqueue(id);
      return;
    }
    if (process && !(await killOrphan(process)))
      throw new Error(`Process ${process.pid} of task ${id} does not die`);
    rmSync(join(workDir, id), { recursive: true, force: true });
    finish(id, {
      stopCode: 'InfrastructureHealth',
      stoppedReason: 'the local cloud was stopped while the task ran',
    });
  }

  function forgetOld(): void {
    for (const { id, task } of store.all()) {
      if ((task.stoppedAt ?? Number.POSITIVE_INFINITY) < nowSeconds() - forgetAfterSeconds) store.forget(id);
    }
  }

  async function endProcess(child: TaskProcess): Promise<void> {
    child.stop(closeGraceSeconds);
    const timer = setTimeout(() => signalGroup(child.pid, 'SIGKILL'), closeGraceSeconds * 1000);
    await child.exited;
    clearTimeout(timer);
  }

  const forgetting = setInterval(forgetOld, forgetEveryMs).unref();
  return {
    stop,
    accept(stored) {
      store.save(stored);
      options.onChange(stored.task);
      setImmediate(() => enqueue(stored.id));
    },
    async recover() {
      forgetOld();
      // One after the other: orphans are gone before the first of the waiting tasks starts.
      const isLive = ({ task }: StoredTask): boolean =>
        ['RUNNING', 'DEPROVISIONING'].includes(task.lastStatus);
      const all = store.all();
      for (const stored of [...all.filter(isLive), ...all.filter((one) => !isLive(one))])
        await recoverOne(stored);
    },
    async close() {
      isClosing = true;
      clearInterval(forgetting);
      await Promise.all([...running.values()].filter((child) => child !== undefined).map(endProcess));
    },
  };
}
