import { sliceMarginMs } from '#contracts/function-call.ts';
import type { Launcher, LaunchOutcome, LaunchRequest } from '#core/ports/compute.ts';
import type { FaultKind } from './faults.ts';
import { SimTask } from './sim-task.ts';
import { runWorker } from './worker.ts';
import type { World } from './world.ts';

/** What waits for longer is dropped, as the function is configured. */
const eventAgeMs = 60_000;

/** Lambda's asynchronous calls: each starts a worker, late or twice or not at all, and is over at its timeout. */
export class Lambda implements Launcher {
  readonly calls: SimTask[] = [];
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  async launch(request: LaunchRequest): Promise<LaunchOutcome> {
    const { jobId, attempt } = request;
    const where = `${jobId}/${attempt}`;
    const { faults, nowMs, chance } = this.#world;
    const fires = (kind: FaultKind) => faults.fires(kind, nowMs, where);
    if (fires('lambda.throttled'))
      return { kind: 'rejected', later: true, reason: 'TooManyRequestsException: Rate Exceeded.' };
    const taskArn = `function/${where}/${this.calls.length}`;
    if (fires('lambda.dropped')) return { kind: 'started', taskArn };
    const lateMs = fires('lambda.late') ? faults.stream('lambda.late').int(5_000, eventAgeMs) : 0;
    this.#begin(request, taskArn, chance.int(10, 1_500) + lateMs);
    if (fires('lambda.doubled'))
      this.#begin(request, `${taskArn}-again`, faults.stream('lambda.doubled').int(0, eventAgeMs));
    return { kind: 'started', taskArn };
  }

  /** The handler has returned, or its process has ended. */
  ended(call: SimTask, reason: string): void {
    if (call.isStopped) return;
    call.state = { kind: 'stopped', how: 'exited', reason };
    this.#world.journal.trace(() => `Lambda ${call.arn} is over (${reason})`);
    this.#world.kill(call.actor);
  }

  #begin({ jobId, attempt, ticket }: LaunchRequest, arn: string, afterMs: number): void {
    const { scheduler } = this.#world;
    scheduler.after(afterMs, () => {
      const call = new SimTask(this.#world, arn, { jobId, attempt, ticket, lane: 'function' });
      call.isBooted = true;
      this.calls.push(call);
      this.#limit(call);
      runWorker(this.#world, call);
      return true;
    });
  }

  /** The worker gives its slice back in time; where it does not, the process is ended. */
  #limit(call: SimTask): void {
    const { scheduler, faults, nowMs, settings } = this.#world;
    const { functionSeconds } = settings.timings;
    const later = (ms: number, work: () => void) =>
      scheduler.after(ms, () => {
        if (call.isStopped) return false;
        work();
        return true;
      });
    later(functionSeconds * 1000 - sliceMarginMs(functionSeconds), () => call.onSigterm?.());
    later(functionSeconds * 1000, () => this.ended(call, 'Task timed out'));
    if (faults.fires('lambda.killed', nowMs, call.arn))
      later(faults.stream('lambda.killed').int(1, 60) * 1000, () => this.ended(call, 'Runtime exited'));
  }
}
