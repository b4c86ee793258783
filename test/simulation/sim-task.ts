import type { Lane } from '#contracts/lanes.ts';
import type { TaskState } from '#core/ports/compute.ts';
import type { Actor } from './actor.ts';
import { fastDigest } from './fast-digest.ts';
import type { World } from './world.ts';

export interface TaskStart {
  jobId: string;
  attempt: number;
  ticket: string;
  /** Default `fargate`. */
  lane?: Lane;
}

/** One task of ECS, or call of a function, and the process in it; a ghost's process outlives the task. */
export class SimTask {
  readonly arn: string;
  readonly jobId: string;
  readonly attempt: number;
  readonly ticket: string;
  readonly lane: Lane;
  readonly instance: string;
  readonly actor: Actor;
  readonly startedAtMs: number;
  /** Hears no stop and minds no lease. */
  readonly isDeaf: boolean;
  state: TaskState = { kind: 'alive' };
  endsAs: { how: 'exited' | 'interrupted'; reason: string } | undefined;
  /** Nothing of its work runs any more; it only says so. */
  isDone = false;
  isBooted = false;
  isTold = false;
  /** Of the turn that money was put aside for last. */
  reservedTurn = 0;
  /** Calls of the model and programs that are under way. */
  working = 0;
  /** It heard that it has to give its job back. */
  isInterrupted = false;
  /** ECS started it, and the dispatcher was told that it had not. */
  isDisowned = false;
  onSigterm: (() => void) | undefined;

  constructor(world: World, arn: string, start: TaskStart) {
    this.arn = arn;
    this.jobId = start.jobId;
    this.attempt = start.attempt;
    this.ticket = start.ticket;
    this.lane = start.lane ?? 'fargate';
    this.instance = world.chance.hex(32);
    this.startedAtMs = world.nowMs;
    this.isDeaf = world.faults.fires('task.deaf', world.nowMs, arn);
    this.actor = world.newActor('task', `${start.jobId}/${start.attempt}`, this.claimant);
  }

  /** Counts as work until it has come to its end. */
  async busy<T>(work: Promise<T>): Promise<T> {
    this.working += 1;
    try {
      return await work;
    } finally {
      this.working -= 1;
    }
  }

  get isStopped(): boolean {
    return this.state.kind === 'stopped';
  }

  /** As `startAttempt` makes it of ticket and instance. */
  get session(): string {
    return fastDigest.hmacSha256(this.ticket, `${this.jobId}|${this.attempt}|${this.instance}`);
  }

  get claimant() {
    const { jobId, attempt, session } = this;
    return { jobId, attempt, sessionSha256: fastDigest.sha256(session) };
  }
}
