import { AppError } from '#contracts/errors.ts';
import type { FinishRequest } from '#contracts/worker-protocol.ts';
import { runAgentWorker } from './agent-worker.ts';
import { runTypes } from './run-work.ts';
import { SimControl } from './sim-control.ts';
import type { SimTask } from './sim-task.ts';
import { chatWork, echoWork, type Outcome, runWork, Stopped, type WorkPlace } from './work.ts';
import type { World } from './world.ts';

/** What a container does from its start to its exit; written after the protocol, not after our worker's code. */
export function runWorker(world: World, task: SimTask): void {
  pauseSomeday(world, task);
  if (world.store.rows.get(task.jobId)?.type === 'agent') {
    runAgentWorker(world, task).then(
      (reason) => exit({ world, task }, reason),
      (error: unknown) => world.journal.violate('worker', `${task.arn} threw ${String(error)}`),
    );
    return;
  }
  const place: WorkPlace = { world, task, control: new SimControl(world, task), reasonToStop: undefined };
  task.onSigterm = () => {
    // A function gives its slice back by its own clock, so even one that hears nothing does.
    if (!task.isDeaf || task.lane === 'function') place.reasonToStop ??= 'SIGTERM';
  };
  live(place).then(
    () => exit(place, 'exit code 0'),
    (error: unknown) => exit(place, `exit code 1, ${String(error)}`),
  );
}

/** Nobody asks whether a task that stands still is one that works: it stands still at any moment. */
function pauseSomeday(world: World, task: SimTask): void {
  const { faults, nowMs, scheduler, settings } = world;
  if (!faults.fires('task.paused', nowMs, task.arn)) return;
  const chance = faults.stream('task.paused');
  const pauseMs = settings.timings.leaseSeconds * 1000 * (0.8 + chance.next() * 3);
  scheduler.after(chance.int(0, 90) * 1000, () => {
    world.journal.trace(() => `${task.actor.name} stands still for ${Math.round(pauseMs / 1000)} s`);
    task.actor.pausedUntilMs = world.nowMs + pauseMs;
    return false;
  });
}

function exit({ world, task }: Pick<WorkPlace, 'world' | 'task'>, reason: string): void {
  if (!task.actor.isAlive) return;
  if (task.lane === 'function') {
    world.lambda.ended(task, reason);
    return;
  }
  const { how, reason: why } = task.endsAs ?? { how: 'exited' as const, reason };
  world.ecs.stopped(task, how, why);
  world.kill(task.actor);
}

async function live(place: WorkPlace): Promise<void> {
  const { control, task } = place;
  const started = await control.start();
  beat(place).catch(() => undefined);
  const outcome = (await work(place, started.job.type)) ?? farewell(task);
  task.isDone = true;
  if (outcome) await hand(place, outcome);
  else await task.actor.isAlive;
}

/** Undefined where the job is somebody else's by now, or its end is being waited for: nothing is said any more. */
async function work(place: WorkPlace, type: string): Promise<Outcome | undefined> {
  try {
    if (runTypes.includes(type)) return await runWork(place);
    return type === 'chat' ? await chatWork(place) : await echoWork(place);
  } catch (error) {
    if (error instanceof Stopped)
      return error.isForeign ? undefined : { outcome: { kind: 'interrupted', reason: error.message } };
    if (!(error instanceof AppError)) throw error;
    if (isForeign(error)) return undefined;
    return failed(error);
  }
}

/** Of a function nobody learns otherwise that it has ended. */
function farewell({ lane }: SimTask): Outcome | undefined {
  if (lane !== 'function') return undefined;
  return { outcome: { kind: 'interrupted', reason: 'the worker has stopped' } };
}

function failed({ code, message, retryable }: AppError): Outcome {
  return { outcome: { kind: 'failed', error: { code, message, retryable } } };
}

export function isForeign(error: unknown): boolean {
  return (
    error instanceof AppError &&
    ['stale_attempt', 'other_instance', 'job_stopping', 'forbidden', 'not_found'].includes(error.code)
  );
}

async function hand({ control, task }: WorkPlace, outcome: Outcome): Promise<void> {
  const { jobId, attempt, session } = task;
  const request: FinishRequest = { jobId, attempt, session, ...outcome };
  await control.finish(request).catch((error: unknown) => {
    if (!isForeign(error)) throw error;
  });
}

/** Keeps the lease, hears about stops, and gives up before the lease ends when nobody answers. */
async function beat(place: WorkPlace): Promise<void> {
  const { world, task, control } = place;
  const { heartbeatSeconds, leaseSeconds } = world.settings.timings;
  let answeredAtMs = world.nowMs;
  for (;;) {
    await world.sleep(task.actor, heartbeatSeconds * 1000);
    try {
      const { stop } = await control.heartbeat();
      answeredAtMs = world.nowMs;
      if (stop && !task.isDeaf) place.reasonToStop ??= 'told to stop';
    } catch (error) {
      if (isForeign(error) && !task.isDeaf) place.reasonToStop = 'foreign';
      if (task.isDeaf) continue;
      if (world.nowMs - answeredAtMs > (leaseSeconds - heartbeatSeconds) * 1000)
        place.reasonToStop ??= 'foreign';
    }
  }
}
