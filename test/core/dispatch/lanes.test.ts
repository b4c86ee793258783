import { beforeEach, describe, expect, it } from '@jest/globals';
import { dispatch } from '#core/dispatch/dispatch.ts';
import { readOperation, resumeAll, stopAll } from '#core/operations/stop-all.ts';
import { reconcile } from '#core/reconcile/reconcile.ts';
import { finishAttempt } from '#core/worker/finish-attempt.ts';
import { chatBody, echoBody, everyone, putResult, rowOf, startNext, submit } from '../../fakes/job-steps.ts';
import { type MemoryDeps, makeMemoryDeps } from '../../fakes/memory-deps.ts';

let deps: MemoryDeps;
beforeEach(() => {
  deps = makeMemoryDeps({ settings: { maxConcurrentWorkers: 1, maxConcurrentFunctions: 1 } });
});

const wake = { v: 1 } as const;
const launchedLanes = () => [...deps.launcher.tasks.values()].map(({ request }) => request.lane);

describe('the dispatcher', () => {
  it('starts each worker in the lane of its job', async () => {
    await submit(deps, echoBody);
    await submit(deps, chatBody);
    expect([await dispatch(deps, wake), await dispatch(deps, wake)]).toEqual(['launched', 'launched']);
    expect(launchedLanes().sort()).toEqual(['fargate', 'function']);
  });

  it('takes the job with the highest priority of both lanes', async () => {
    await submit(deps, echoBody);
    await submit(deps, { ...chatBody, priority: 'high' });
    await dispatch(deps, wake);
    expect(launchedLanes()).toEqual(['function']);
  });

  it('goes on to the other lane when the first has no slot left', async () => {
    await submit(deps, { ...chatBody, priority: 'high' });
    await submit(deps, { ...chatBody, priority: 'high' });
    const echo = await submit(deps, echoBody);
    await dispatch(deps, wake);
    expect(await dispatch(deps, wake)).toBe('launched');
    expect((await rowOf(deps, echo.id)).status).toBe('STARTING');
    expect(await dispatch(deps, wake)).toBe('no_slot');
  });

  it('counts the slots of each lane by themselves, and frees the one that was taken', async () => {
    await submit(deps, chatBody);
    await submit(deps, echoBody);
    const worker = await startNext(deps);
    await dispatch(deps, wake);
    expect((await deps.slots.read('function')).held.map(({ key }) => key)).toEqual([`${worker.id}#1`]);
    expect((await deps.slots.read('fargate')).held).toHaveLength(1);
    await finishAttempt(deps, await putResult(deps, worker));
    expect((await deps.slots.read('function')).held).toEqual([]);
    expect((await deps.slots.read('fargate')).held).toHaveLength(1);
  });
});

describe('the kill switch', () => {
  it('stops both lanes, names what still runs in either, and lets both go again', async () => {
    const chat = await submit(deps, chatBody);
    const echo = await submit(deps, echoBody);
    await startNext(deps);
    await startNext(deps, '22'.repeat(32));
    const operation = await stopAll(deps, everyone);
    expect(operation).toMatchObject({ status: 'RUNNING' });
    expect(operation.stillAlive.map(({ worker }) => worker).sort()).toEqual(
      [`${chat.id}#1`, `${echo.id}#1`].sort(),
    );
    for (const { id } of [chat, echo])
      expect(await rowOf(deps, id)).toMatchObject({ status: 'STOPPING', stopCause: 'halt' });
    await submit(deps, chatBody);
    await submit(deps, echoBody);
    expect(await dispatch(deps, wake)).toBe('stopped');
    expect(await readOperation(deps, everyone, operation.id)).toMatchObject({ startedBy: everyone.arn });
    await resumeAll(deps, everyone);
    expect(await dispatch(deps, wake)).toBe('no_slot');
  });
});

describe('the reconciler', () => {
  it('wakes the dispatcher for each lane with a queue and a free slot', async () => {
    await submit(deps, chatBody);
    await submit(deps, echoBody);
    deps.queue.sent.length = 0;
    expect((await reconcile(deps)).woken).toBe(2);
    expect(deps.queue.sent).toHaveLength(2);
  });

  it('frees a slot that nobody uses, in whichever lane it is', async () => {
    await deps.slots.acquire('function', 'job-gone#1', 'd', deps.clock.nowMs(), 1);
    deps.clock.advanceSeconds(121);
    expect((await reconcile(deps)).freedSlots).toBe(1);
    expect((await deps.slots.read('function')).held).toEqual([]);
  });
});
