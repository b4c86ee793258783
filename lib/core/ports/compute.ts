import type { Capacity } from '#contracts/capacity.ts';
import type { Compute } from '#contracts/compute.ts';
import type { Lane } from '#contracts/lanes.ts';

export interface LaunchRequest {
  jobId: string;
  attempt: number;
  lane: Lane;
  ticket: string;
  compute: Compute;
  /** Left out in the function lane. */
  capacity?: Capacity | undefined;
  traceparent: string;
}

export type LaunchOutcome =
  /** `taskArn` names the task or the call of the function that the worker runs in. */
  | { kind: 'started'; taskArn: string }
  /**
   * Nothing was started. `later` is for want of capacity, a throttle or a right; otherwise it will never work as it is.
   * `noRoom`: the service itself said that it has no capacity for this task now. `denied`: the dispatcher may not
   * start workers, because a budget is used up or the deployment is wrong; it is no fault of this job.
   */
  | { kind: 'rejected'; later: boolean; noRoom?: true; denied?: true; reason: string };

export type TaskState =
  | { kind: 'alive' }
  | { kind: 'missing' }
  /** `interrupted`: by the platform (Spot, host, deployment). `unstarted`: the container never ran. */
  | { kind: 'stopped'; how: 'exited' | 'interrupted' | 'unstarted'; reason: string };

/** Where workers run. Throws where the outcome is unknown. */
export interface Launcher {
  /** Repeatable: the same job and attempt give the same task, or a second worker that `start` refuses. */
  launch(request: LaunchRequest): Promise<LaunchOutcome>;
}

/** A task that has not stopped. */
export interface LiveTask {
  taskArn: string;
  /** The attempt that it was started for; undefined where somebody else has started it. */
  startedFor: { jobId: string; attempt: number } | undefined;
  sinceMs: number;
  /** It has been told to stop, and has not stopped yet. */
  isToldToStop: boolean;
}

/** Tasks of Fargate. What becomes of a function's call is known from its row: nobody can be asked. */
export interface Tasks {
  /** Stopping what is stopped or gone changes nothing. */
  stop(taskArn: string, reason: string): Promise<void>;
  describe(taskArn: string): Promise<TaskState>;
  /** Tasks of this attempt that nobody has told to stop yet. */
  find(jobId: string, attempt: number): Promise<string[]>;
}

export interface Cluster {
  /** Every task in it that has not stopped, whoever has started it, those told to stop with them. */
  alive(): Promise<LiveTask[]>;
}

/** What a task carries in `startedBy`, so that an event or a list leads back to the attempt. */
export function startedBy(jobId: string, attempt: number): string {
  return `${jobId}/${attempt}`;
}

export function parseStartedBy(text: string): { jobId: string; attempt: number } | undefined {
  const match = /^([a-z0-9][a-z0-9-]{0,39})\/([1-9][0-9]{0,6})$/.exec(text);
  return match?.[1] && match[2] ? { jobId: match[1], attempt: Number(match[2]) } : undefined;
}
