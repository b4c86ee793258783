import type { WakeMessage } from '#contracts/wake-message.ts';
import type {
  Cluster,
  Launcher,
  LaunchOutcome,
  LaunchRequest,
  LiveTask,
  TaskState,
  Tasks,
} from '#core/ports/compute.ts';
import type { Queue } from '#core/ports/queue.ts';

export class MemoryQueue implements Queue {
  readonly sent: { message: WakeMessage; delaySeconds: number }[] = [];

  async send(message: WakeMessage, delaySeconds = 0): Promise<void> {
    this.sent.push({ message, delaySeconds });
  }
}

export interface MemoryTask {
  request: LaunchRequest;
  state: TaskState;
  stops: string[];
}

/** Tasks in memory. A test sets `nextOutcome` to refuse a launch, and a task's state to let it die. */
export class MemoryCompute implements Launcher, Tasks, Cluster {
  readonly tasks = new Map<string, MemoryTask>();
  nextOutcome: Exclude<LaunchOutcome, { kind: 'started' }> | Error | undefined;

  async launch(request: LaunchRequest): Promise<LaunchOutcome> {
    const outcome = this.nextOutcome;
    this.nextOutcome = undefined;
    if (outcome instanceof Error) throw outcome;
    if (outcome) return outcome;
    const taskArn = MemoryCompute.arn(request.jobId, request.attempt);
    if (!this.tasks.has(taskArn)) this.tasks.set(taskArn, { request, state: { kind: 'alive' }, stops: [] });
    return { kind: 'started', taskArn };
  }

  async stop(taskArn: string, reason: string): Promise<void> {
    this.tasks.get(taskArn)?.stops.push(reason);
  }

  async describe(taskArn: string): Promise<TaskState> {
    return this.tasks.get(taskArn)?.state ?? { kind: 'missing' };
  }

  async find(jobId: string, attempt: number): Promise<string[]> {
    const taskArn = MemoryCompute.arn(jobId, attempt);
    return this.tasks.get(taskArn)?.state.kind === 'alive' ? [taskArn] : [];
  }

  async alive(): Promise<LiveTask[]> {
    return [...this.tasks]
      .filter(([, { state, request }]) => state.kind === 'alive' && request.lane === 'fargate')
      .map(
        ([
          taskArn,
          {
            request: { jobId, attempt },
            stops,
          },
        ]) => ({
          taskArn,
          startedFor: { jobId, attempt },
          sinceMs: 0,
          isToldToStop: stops.length > 0,
        }),
      );
  }

  set(taskArn: string, state: TaskState): void {
    const task = this.tasks.get(taskArn);
    if (!task) throw new Error(`no task ${taskArn}`);
    task.state = state;
  }

  static arn(jobId: string, attempt: number): string {
    return `task/${jobId}-${attempt}`;
  }
}
