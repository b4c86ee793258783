import { beforeEach, describe, expect, it } from '@jest/globals';
import { dispatch } from '#core/dispatch/dispatch.ts';
import { reconcile } from '#core/reconcile/reconcile.ts';
import { makeRow, startMs } from '../../fakes/job-rows.ts';
import { echoBody, rowOf, startNext, submit } from '../../fakes/job-steps.ts';
import { type MemoryDeps, makeMemoryDeps } from '../../fakes/memory-deps.ts';

let deps: MemoryDeps;
beforeEach(() => {
  deps = makeMemoryDeps();
});

describe('a pass of the reconciler', () => {
  it('does not let the fault of one row keep the others from their turn', async () => {
    const broken = await submit(deps);
    const { id } = await submit(deps);
    const get = deps.store.get.bind(deps.store);
    deps.store.get = async (wanted) => {
      if (wanted === broken.id) throw new Error('of another version');
      return get(wanted);
    };
    deps.clock.advanceSeconds(30);
    expect(await reconcile(deps)).toMatchObject({ due: 2, failed: 1 });
    expect((await rowOf(deps, id)).outbox).toEqual({});
    expect(deps.metrics.counts.ReconcilerRuns).toBe(1);
  });

  it('goes on to the queue when the row of a slot cannot be read', async () => {
    await submit(deps);
    const worker = await startNext(deps);
    const { id } = await submit(deps);
    deps.clock.advanceSeconds(150);
    const get = deps.store.get.bind(deps.store);
    deps.store.get = async (wanted) => {
      if (wanted === worker.id) throw new Error('of another version');
      return get(wanted);
    };
    expect(await reconcile(deps)).toMatchObject({ freedSlots: 0, woken: 1 });
    expect((await rowOf(deps, id)).status).toBe('QUEUED');
  });

  it('wakes as many dispatchers as there are free slots and queued jobs', async () => {
    for (let n = 0; n < 4; n++)
      await deps.store.create(makeRow({ id: `job-${n}`, queuedAtMs: startMs - 60_000 }));
    expect(await reconcile(deps)).toMatchObject({ woken: 2, oldestQueuedSeconds: 60 });
    await dispatch(deps, { v: 1 });
    expect(await reconcile(deps)).toMatchObject({ woken: 1 });
    expect(deps.queue.sent.map(({ message }) => message)).toEqual([{ v: 1 }, { v: 1 }, { v: 1 }]);
  });

  it('wakes nobody for what the index still shows and is queued no more', async () => {
    await submit(deps);
    const { id } = await startNext(deps);
    deps.store.queuedHead = async () => [id];
    expect(await reconcile(deps)).toMatchObject({ woken: 0 });
  });

  it('frees a slot that a dispatcher took and died with, when it must be dead', async () => {
    const { id } = await submit(deps);
    await deps.slots.acquire('fargate', `${id}#1`, 'dead', deps.clock.nowMs(), 2);
    deps.clock.advanceSeconds(119);
    expect(await reconcile(deps)).toMatchObject({ freedSlots: 0 });
    deps.clock.advanceSeconds(1);
    expect(await reconcile(deps)).toMatchObject({ freedSlots: 1 });
    expect((await deps.slots.read('fargate')).held).toEqual([]);
  });

  it('leaves the slot of a worker alone', async () => {
    await submit(deps, { ...echoBody, timeoutSeconds: 86_400 });
    await startNext(deps);
    deps.clock.advanceSeconds(150);
    expect(await reconcile(deps)).toMatchObject({ freedSlots: 0 });
    expect((await deps.slots.read('fargate')).held).toHaveLength(1);
  });
});
