import { AppError } from '#contracts/errors.ts';
import type { ControlPlane } from '#core/ports/control.ts';
import type { CoreDeps } from '#core/ports/core-deps.ts';
import type { WorkerObjects } from '#core/ports/worker.ts';
import { finishAttempt } from '#core/worker/finish-attempt.ts';
import { heartbeat } from '#core/worker/heartbeat.ts';
import { addressUploads, recordEvents } from '#core/worker/report.ts';
import { startAttempt } from '#core/worker/start-attempt.ts';
import { turn } from '#core/worker/turn.ts';
import { heeding } from './agent-time.ts';
import type { SimTask } from './sim-task.ts';
import type { World } from './world.ts';

const functionTimeoutMs = 25_000;

type Calls = 'start' | 'heartbeat' | 'turn' | 'events' | 'uploads' | 'finish';

/** The control plane as a worker's own code sees it: one try each, over a network that loses things. */
export function makeAgentControl(world: World, task: SimTask): ControlPlane {
  const { actor, claimant, jobId, attempt } = task;
  const call = <T>(name: string, signal: AbortSignal, work: (deps: CoreDeps) => Promise<T>): Promise<T> => {
    if (!actor.isAlive) return never;
    const serve = () =>
      world.runFunction('worker-api', `${name} ${jobId}/${attempt}`, functionTimeoutMs, work, claimant);
    return heeding(signal, world.network.request(actor, `control.${name}`, serve).catch(toAppError));
  };
  const control: Pick<ControlPlane, Calls> = {
    start: (request, signal) => call('start', signal, (deps) => startAttempt(deps, request)),
    heartbeat: (request, signal) => call('heartbeat', signal, (deps) => heartbeat(deps, request)),
    turn: (request, signal) => {
      if (request.reserve) task.reservedTurn = request.reserve.turn;
      return call('turn', signal, (deps) => turn(deps, request));
    },
    events: (request, signal) => call('events', signal, (deps) => recordEvents(deps, request)),
    uploads: (request, signal) => call('uploads', signal, (deps) => addressUploads(deps, request)),
    finish: (request, signal) => {
      world.agents.finishes(task, request.outcome);
      task.isDone = true;
      return call('finish', signal, (deps) => finishAttempt(deps, request));
    },
  };
  // No agent here asks for anything else.
  return control as ControlPlane;
}

/** What is behind presigned addresses. */
export function makeAgentObjects(world: World, task: SimTask): WorkerObjects {
  const { actor } = task;
  const send = <T>(name: string, signal: AbortSignal, serve: () => Promise<T>): Promise<T> =>
    actor.isAlive ? heeding(signal, world.network.request(actor, name, serve).catch(toAppError)) : never;
  return {
    get: (url, signal) =>
      send('objects.get', signal, async () => {
        const key = /^memory:\/\/(.*)\?/.exec(url)?.[1] ?? '';
        const body = await world.objects.get(key);
        if (body === undefined) throw new AppError('worker_error', `nothing at ${key}`, { retryable: false });
        return new TextEncoder().encode(body);
      }),
    put: (target, body, signal) =>
      send('objects.put', signal, async () => {
        const text = new TextDecoder().decode(body);
        if (world.as(actor, () => world.objects.putTo(target, text)) === 'refused')
          throw new AppError('worker_error', 'the bucket refused the object');
      }),
  };
}

export const never = new Promise<never>(() => undefined);

/** What the adapter makes of an answer that did not come, or of a function that crashed. */
function toAppError(error: unknown): never {
  if (error instanceof AppError) throw error;
  throw new AppError('unavailable', String(error), { cause: error });
}
