import { beforeEach, describe, expect, it } from '@jest/globals';
import { dispatch } from '#core/dispatch/dispatch.ts';
import { readOperation, resumeAll, stopAll } from '#core/operations/stop-all.ts';
import { reconcile } from '#core/reconcile/reconcile.ts';
import { reconcileJob } from '#core/reconcile/reconcile-job.ts';
import { callerOf, dies, everyone, rowOf, startNext, submit } from '../../fakes/job-steps.ts';
import { type MemoryDeps, makeMemoryDeps } from '../../fakes/memory-deps.ts';

let deps: MemoryDeps;
beforeEach(() => {
  deps = makeMemoryDeps();
});

describe('stopping everything', () => {
  it('starts nothing more, stops what runs, and says what is still alive [A8]', async () => {
    await submit(deps);
    await submit(deps);
    const worker = await startNext(deps);
    const operation = await stopAll(deps, everyone);
    expect(operation).toMatchObject({
      id: `stop-all-${deps.clock.nowMs()}`,
      status: 'RUNNING',
      startedBy: 'arn:aws:iam::1:role/Client',
      stillAlive: [{ worker: `${worker.id}#1` }],
    });
    expect((await rowOf(deps, worker.id)).stopCause).toBe('halt');
    expect(await dispatch(deps, { v: 1 })).toBe('stopped');
  });

  it('is over when all workers are gone; their jobs go on after the resume [A8]', async () => {
    await submit(deps);
    const worker = await startNext(deps);
    const { id } = await stopAll(deps, everyone);
    dies(deps, worker);
    await reconcileJob(deps, worker.id);
    expect(await rowOf(deps, worker.id)).toMatchObject({ status: 'QUEUED', failures: 0, interruptions: 0 });
    expect(await readOperation(deps, everyone, id)).toMatchObject({ status: 'SUCCEEDED', stillAlive: [] });
    expect(await reconcile(deps)).toMatchObject({ woken: 0 });
    await resumeAll(deps, everyone);
    expect((await startNext(deps)).id).toBe(worker.id);
  });

  it('reaches a worker whose claim was under way', async () => {
    const { id } = await submit(deps);
    const acquire = deps.slots.acquire.bind(deps.slots);
    deps.slots.acquire = async (...args) => {
      const answer = await acquire(...args);
      await stopAll(deps, everyone);
      return answer;
    };
    await dispatch(deps, { v: 1 });
    expect((await rowOf(deps, id)).status).toBe('STARTING');
    await reconcile(deps);
    expect(await rowOf(deps, id)).toMatchObject({ status: 'STOPPING', stopCause: 'halt' });
  });

  it('reaches the others when one cannot be stopped', async () => {
    await submit(deps);
    await submit(deps);
    const [first, second] = [await startNext(deps), await startNext(deps)];
    const get = deps.store.get.bind(deps.store);
    deps.store.get = async (wanted) => {
      if (wanted === first.id) throw new Error('of another version');
      return get(wanted);
    };
    await stopAll(deps, everyone);
    expect((await rowOf(deps, second.id)).status).toBe('STOPPING');
  });

  it('is for those who may touch every project', async () => {
    for (const work of [stopAll(deps, callerOf('alpha')), resumeAll(deps, callerOf('alpha'))])
      await expect(work).rejects.toMatchObject({ code: 'forbidden' });
    expect((await deps.slots.read('fargate')).stopped).toBeUndefined();
  });

  it('is one operation until the resume', async () => {
    const first = await stopAll(deps, everyone);
    deps.clock.advanceSeconds(5);
    expect((await stopAll(deps, everyone)).id).toBe(first.id);
    await resumeAll(deps, everyone);
    await expect(readOperation(deps, everyone, first.id)).rejects.toMatchObject({ code: 'not_found' });
  });
});
