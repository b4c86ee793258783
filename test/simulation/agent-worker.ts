import { hash } from 'node:crypto';
import { sliceMarginMs } from '#contracts/function-call.ts';
import type { StartReply, WorkerSession } from '#contracts/worker-protocol.ts';
import type { WorkerPorts, WorkPoint } from '#core/ports/worker.ts';
import { keepLease } from '#core/work/keep-lease.ts';
import type { AttemptEnding } from '#core/work/report-outcome.ts';
import { makeRetryingModel } from '#core/work/retrying-model.ts';
import { exitCodeOf, runAttempt } from '#core/work/run-attempt.ts';
import { WorkerStop } from '#core/work/worker-stop.ts';
import { makeAgentControl, makeAgentObjects, never } from './agent-control.ts';
import { AgentModel } from './agent-model.ts';
import { AgentSandbox } from './agent-sandbox.ts';
import { heeding, makeAgentTime } from './agent-time.ts';
import type { FaultKind } from './faults.ts';
import type { SimTask } from './sim-task.ts';
import type { World } from './world.ts';

/** A container, or a call of a function, that runs the worker's own code over simulated ports. */
export async function runAgentWorker(world: World, task: SimTask): Promise<string> {
  const time = makeAgentTime(world, task.actor);
  const stop = new WorkerStop(time);
  const sound = makePorts(world, task);
  const ports = world.mutant?.work?.(sound) ?? sound;
  task.onSigterm = () => interrupt(world, task, stop);
  const over = new AbortController();
  let session: WorkerSession | undefined;
  const onStarted = (started: StartReply, answeredAtMs: number) => {
    const { heartbeatSeconds, leaseSeconds } = started;
    session = { jobId: task.jobId, attempt: task.attempt, session: started.session };
    keepLease({ session, heartbeatSeconds, leaseSeconds, answeredAtMs }, ports, over.signal).then(
      (loss) => {
        if (!task.isDeaf) stop.request(loss);
      },
      () => undefined,
    );
  };
  const { jobId, attempt, ticket, instance } = task;
  const assignment = { jobId, attempt, ticket, instance, processedBy: task.arn };
  const ending = await runAttempt(assignment, ports, stop, onStarted);
  over.abort();
  if (session && task.lane === 'function' && ending.kind !== 'reported')
    await acknowledge(session, ending, ports);
  return `exit code ${exitCodeOf(ending)}`;
}

/** A function gives its slice back by its own clock, so even one that hears nothing does. */
function interrupt(world: World, task: SimTask, stop: WorkerStop): void {
  if (task.isDeaf && task.lane !== 'function') return;
  const pauseMs = task.actor.pausedUntilMs - world.nowMs;
  if (pauseMs <= 0) stop.request('interrupted');
  else world.scheduler.after(pauseMs, () => world.answer(task.actor, () => stop.request('interrupted')));
  if (pauseMs <= 0 && !task.isDone) task.isInterrupted = stop.cause === 'interrupted';
}

/** As the worker in a function does where it could not say anything else. */
async function acknowledge(
  session: WorkerSession,
  ending: Exclude<AttemptEnding, { kind: 'reported' }>,
  { control }: WorkerPorts,
): Promise<void> {
  const lost = { code: 'worker_lost' as const, message: 'could not report', retryable: true };
  const outcome =
    ending.kind === 'stopped'
      ? { kind: 'interrupted' as const, reason: 'the worker has stopped' }
      : { kind: 'failed' as const, error: lost };
  // Unheard, the function's timeout is the proof.
  await control.finish({ ...session, outcome }, new AbortController().signal).catch(() => undefined);
}

function makePorts(world: World, task: SimTask): WorkerPorts {
  const { actor, lane, startedAtMs } = task;
  const time = makeAgentTime(world, actor);
  const { functionSeconds } = world.settings.timings;
  const goneAtMs = startedAtMs + functionSeconds * 1000 - sliceMarginMs(functionSeconds);
  const ports: WorkerPorts = {
    control: makeAgentControl(world, task),
    objects: makeAgentObjects(world, task),
    time,
    openModel: async () => makeRetryingModel(new AgentModel(world, task), time),
    egress: { get: (url, signal) => task.busy(fetchPage(world, task, url, signal)) },
    passed: (point) => pass(world, task, point),
    sha256Hex: (bytes) => hash('sha256', bytes),
    log: (level, message, fields) =>
      world.journal.trace(() => `${actor.name} ${level}: ${message} ${JSON.stringify(fields ?? {})}`),
  };
  if (lane === 'function') return { ...ports, sliceRemainingMs: () => Math.max(0, goneAtMs - world.nowMs) };
  return { ...ports, openSandbox: async () => new AgentSandbox(world, task) };
}

function die(world: World, task: SimTask, reason: string): void {
  if (task.lane === 'function') world.lambda.ended(task, reason);
  else world.ecs.stopped(task, 'exited', reason);
}

async function fetchPage(world: World, { actor }: SimTask, url: string, signal: AbortSignal) {
  await heeding(signal, world.sleep(actor, world.chance.int(100, 8_000)));
  const body = new TextEncoder().encode('a page');
  return { url, status: 200, contentType: 'text/plain', body, cut: false };
}

/** A point after which a crash would look different: so here it crashes, stands still, or is told to go. */
async function pass(world: World, task: SimTask, point: WorkPoint): Promise<void> {
  const { actor, arn } = task;
  const { faults, nowMs } = world;
  const fires = (kind: FaultKind) => faults.fires(kind, nowMs, `${arn} ${point}`);
  world.journal.trace(() => `${actor.name} passes ${point}`);
  if (!actor.isAlive) return never;
  if (fires('work.killed')) die(world, task, `killed at ${point}`);
  if (task.lane === 'fargate' && fires('work.told')) world.ecs.interrupt(task, `told at ${point}`);
  if (fires('work.paused')) {
    const { leaseSeconds } = world.settings.timings;
    actor.pausedUntilMs = nowMs + leaseSeconds * 1000 * (0.8 + faults.stream('work.paused').next() * 3);
    await world.sleep(actor, 1);
  }
  return actor.isAlive ? undefined : never;
}
