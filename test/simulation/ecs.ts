import type {
  Cluster,
  Launcher,
  LaunchOutcome,
  LaunchRequest,
  LiveTask,
  TaskState,
  Tasks,
} from '#core/ports/compute.ts';
import { reconcileJob } from '#core/reconcile/reconcile-job.ts';
import type { FaultKind } from './faults.ts';
import { checkLaunch } from './oracles.ts';
import { SimTask } from './sim-task.ts';
import { runWorker } from './worker.ts';
import type { World } from './world.ts';

const stopTimeoutMs = 60_000;
const functionTimeoutMs = 55_000;

/** ECS: idempotent starts, lists and descriptions that lag, stops that take a while, events that may be lost. */
export class Ecs implements Launcher, Tasks, Cluster {
  readonly tasks = new Map<string, SimTask>();
  readonly #world: World;
  readonly #missingMs: number;

  constructor(world: World) {
    this.#world = world;
    this.#missingMs = world.faults.fires('ecs.missing', world.nowMs, 'ecs')
      ? world.faults.stream('ecs.missing').int(1_000, 45_000)
      : 0;
  }

  async launch(request: LaunchRequest): Promise<LaunchOutcome> {
    const { jobId, attempt } = request;
    const known = this.tasks.get(this.#arn(jobId, attempt));
    if (known && !this.#world.mutant?.ignoresClientToken) return { kind: 'started', taskArn: known.arn };
    const fires = (kind: FaultKind) =>
      this.#world.faults.fires(kind, this.#world.nowMs, `${jobId}/${attempt}`);
    if (fires('ecs.no-capacity'))
      return { kind: 'rejected', later: true, noRoom: true, reason: 'Capacity is unavailable at this time' };
    if (fires('ecs.refused')) return { kind: 'rejected', later: false, reason: 'InvalidParameterException' };
    checkLaunch(this.#world, request);
    const task = this.#start(request, known ? `${known.arn}-again-${this.tasks.size}` : undefined);
    if (!fires('ecs.disowned')) return { kind: 'started', taskArn: task.arn };
    task.isDisowned = true;
    return { kind: 'rejected', later: true, reason: 'ThrottlingException' };
  }

  async stop(taskArn: string): Promise<void> {
    const task = this.tasks.get(taskArn);
    if (!task || task.isStopped || task.isTold) return;
    if (this.#world.faults.fires('ecs.stop-lost', this.#world.nowMs, taskArn)) return;
    this.#tell(task, 'exited', 'stopped on request');
  }

  async describe(taskArn: string): Promise<TaskState> {
    const task = this.tasks.get(taskArn);
    if (!task || this.#isUnseen(task)) return { kind: 'missing' };
    return task.state;
  }

  /** As ListTasks has it: a task that is told to stop is left out, although it still runs for a while. */
  async find(jobId: string, attempt: number): Promise<string[]> {
    const task = this.tasks.get(this.#arn(jobId, attempt));
    const isListed = task && !task.isStopped && !task.isTold && !this.#isUnseen(task);
    return isListed ? [task.arn] : [];
  }

  async alive(): Promise<LiveTask[]> {
    return [...this.tasks.values()]
      .filter((task) => !task.isStopped && !this.#isUnseen(task))
      .map(({ arn, jobId, attempt, isTold, startedAtMs }) => ({
        taskArn: arn,
        startedFor: { jobId, attempt },
        sinceMs: startedAtMs,
        isToldToStop: isTold,
      }));
  }

  /** The machine is taken away. */
  interrupt(task: SimTask, reason: string): void {
    this.#tell(task, 'interrupted', reason);
  }

  /** The task's process has ended, of its own or by a signal. */
  stopped(task: SimTask, how: 'exited' | 'interrupted' | 'unstarted', reason: string): void {
    if (task.isStopped) return;
    task.state = { kind: 'stopped', how, reason };
    this.#world.journal.trace(() => `ECS ${task.arn} is STOPPED (${how}: ${reason})`);
    this.#endProcess(task);
    this.#announce(task);
  }

  #endProcess(task: SimTask): void {
    const { faults, nowMs, scheduler } = this.#world;
    if (!task.actor.isAlive) return;
    if (task.isBooted && faults.fires('task.ghost', nowMs, task.arn)) {
      scheduler.after(faults.stream('task.ghost').int(10, 600) * 1000, () => {
        this.#world.kill(task.actor);
        return false;
      });
      return;
    }
    this.#world.kill(task.actor);
  }

  #start({ jobId, attempt, ticket }: LaunchRequest, arn: string = this.#arn(jobId, attempt)): SimTask {
    const { faults, nowMs, chance, scheduler } = this.#world;
    const task = new SimTask(this.#world, arn, { jobId, attempt, ticket });
    this.tasks.set(task.arn, task);
    const fires = (kind: FaultKind) => faults.fires(kind, nowMs, task.arn);
    if (fires('task.unstarted')) {
      this.#later(faults.stream('task.unstarted').int(2, 60), () =>
        this.stopped(task, 'unstarted', 'CannotPullContainerError'),
      );
      return task;
    }
    if (fires('task.never-boots')) return task;
    scheduler.after(chance.int(2_000, 25_000), () => {
      if (task.isStopped) return false;
      task.isBooted = true;
      runWorker(this.#world, task);
      return true;
    });
    if (fires('task.killed'))
      this.#later(faults.stream('task.killed').int(5, 150), () =>
        this.stopped(task, 'exited', 'OutOfMemoryError, exit code 137'),
      );
    if (fires('task.spot'))
      this.#later(faults.stream('task.spot').int(10, 150), () =>
        this.#tell(task, 'interrupted', 'SpotInterruption'),
      );
    return task;
  }

  #later(seconds: number, work: () => void): void {
    this.#world.scheduler.after(seconds * 1000, () => {
      work();
      return true;
    });
  }

  /** SIGTERM, and SIGKILL to whoever has not ended by then. */
  #tell(task: SimTask, how: 'exited' | 'interrupted', reason: string): void {
    if (task.isStopped || task.isTold) return;
    task.isTold = true;
    this.#world.journal.trace(() => `ECS ${task.arn} is told to stop (${reason})`);
    task.endsAs = { how, reason };
    task.onSigterm?.();
    const untilMs = task.isBooted ? stopTimeoutMs : 1_000;
    this.#world.scheduler.after(untilMs, () => {
      this.stopped(task, how, reason);
      return true;
    });
  }

  #isUnseen(task: SimTask): boolean {
    return this.#world.nowMs < task.startedAtMs + this.#missingMs;
  }

  #announce(task: SimTask): void {
    const { faults, nowMs, chance } = this.#world;
    const fires = (kind: FaultKind) => faults.fires(kind, nowMs, task.arn);
    if (fires('event.lost')) return;
    const lateMs = fires('event.late') ? faults.stream('event.late').int(10_000, 300_000) : 0;
    this.#deliverEvent(task, lateMs + chance.int(500, 5_000), 2);
    if (fires('event.doubled')) this.#deliverEvent(task, faults.stream('event.doubled').int(500, 120_000), 0);
  }

  #deliverEvent(task: SimTask, delayMs: number, retries: number): void {
    const { jobId, attempt } = task;
    this.#world.scheduler.after(delayMs, () => {
      this.#world
        .runFunction('reconciler', `event ${jobId}/${attempt}`, functionTimeoutMs, (deps) =>
          reconcileJob(deps, jobId, { attempt, taskArn: task.arn }),
        )
        .catch(() => {
          if (retries > 0) this.#deliverEvent(task, 60_000, retries - 1);
        });
      return true;
    });
  }

  #arn(jobId: string, attempt: number): string {
    return `task/${jobId}-${attempt}`;
  }
}
