import { beforeEach, describe, expect, it } from '@jest/globals';
import { dispatch } from '#core/dispatch/dispatch.ts';
import { cancelJob } from '#core/jobs/cancel-job.ts';
import { reconcileJob } from '#core/reconcile/reconcile-job.ts';
import { startMs } from '../../fakes/job-rows.ts';
import {
  dies,
  echoBody,
  everyone,
  rowOf,
  type StartedWorker,
  startNext,
  submit,
} from '../../fakes/job-steps.ts';
import { type MemoryDeps, makeMemoryDeps } from '../../fakes/memory-deps.ts';

let deps: MemoryDeps;
beforeEach(() => {
  deps = makeMemoryDeps();
});

async function running(body: Record<string, unknown> = {}): Promise<StartedWorker> {
  await submit(deps, { ...echoBody, ...body });
  return startNext(deps);
}

const stopsOf = ({ taskArn }: StartedWorker) => deps.tasks.tasks.get(taskArn)?.stops.length;

describe('a claim that came to nothing', () => {
  it('is given up when its launch never answered, without costing a failure', async () => {
    const { id } = await submit(deps);
    deps.launcher.nextOutcome = new Error('no answer');
    await dispatch(deps, { v: 1 }).catch(() => undefined);
    deps.clock.advanceSeconds(90);
    await reconcileJob(deps, id);
    expect(await rowOf(deps, id)).toMatchObject({ status: 'STOPPING', stopCause: 'stranded' });
    deps.clock.advanceSeconds(60);
    await reconcileJob(deps, id);
    expect((await rowOf(deps, id)).status).toBe('STOPPING');
    deps.clock.advanceSeconds(60);
    await reconcileJob(deps, id);
    expect(await rowOf(deps, id)).toMatchObject({ status: 'QUEUED', failures: 0, interruptions: 1 });
  });

  it('is given up only after the proof where its launch did start a task', async () => {
    const { id } = await submit(deps);
    const launch = deps.launcher.launch.bind(deps.launcher);
    deps.launcher.launch = async (request) => {
      await launch(request);
      throw new Error('no answer');
    };
    await dispatch(deps, { v: 1 }).catch(() => undefined);
    for (let pass = 0; pass < 6; pass++) {
      deps.clock.advanceSeconds(60);
      await reconcileJob(deps, id);
    }
    expect(await rowOf(deps, id)).toMatchObject({ status: 'STOPPING', taskArn: `task/${id}-1` });
    dies(deps, { id, attempt: 1 });
    await reconcileJob(deps, id);
    expect((await rowOf(deps, id)).status).toBe('QUEUED');
  });

  it('is not concluded by a pass that has looked at the row of before', async () => {
    const { id } = await submit(deps);
    await dispatch(deps, { v: 1 });
    deps.clock.advanceSeconds(400);
    const replace = deps.store.replace.bind(deps.store);
    let isFirst = true;
    deps.store.replace = async (row) => {
      if (!isFirst) return replace(row);
      isFirst = false;
      await reconcileJob(deps, id);
      return replace(row);
    };
    await reconcileJob(deps, id);
    expect((await rowOf(deps, id)).status).toBe('STOPPING');
  });
});

describe('a task that was never recorded', () => {
  it('and is told to stop by others is believed to be gone only after its stopTimeout', async () => {
    const worker = await running({ timeoutSeconds: 86_400 });
    const row = await rowOf(deps, worker.id);
    deps.store.write({ ...row, taskArn: undefined, leaseUntilMs: startMs + 10_000_000 });
    deps.clock.advanceSeconds(3_600);
    await cancelJob(deps, everyone, worker.id);
    deps.tasks.find = async () => [];
    const statuses: string[] = [];
    for (let pass = 0; pass < 4; pass++) {
      await reconcileJob(deps, worker.id);
      statuses.push((await rowOf(deps, worker.id)).status);
      deps.clock.advanceSeconds(60);
    }
    expect(statuses).toEqual(['STOPPING', 'STOPPING', 'CANCELLED', 'CANCELLED']);
  });

  it('is recorded and told to stop as soon as it is found', async () => {
    const worker = await running();
    deps.store.write({ ...(await rowOf(deps, worker.id)), taskArn: undefined });
    await cancelJob(deps, everyone, worker.id);
    expect(stopsOf(worker)).toBe(0);
    await reconcileJob(deps, worker.id);
    expect(await rowOf(deps, worker.id)).toMatchObject({ status: 'STOPPING', taskArn: worker.taskArn });
    expect(stopsOf(worker)).toBe(1);
  });
});

describe('a stop', () => {
  it('is asked for again as long as the worker lives', async () => {
    const worker = await running();
    await cancelJob(deps, everyone, worker.id);
    for (let pass = 0; pass < 3; pass++) {
      deps.clock.advanceSeconds(60);
      await reconcileJob(deps, worker.id);
    }
    expect(stopsOf(worker)).toBe(4);
    expect((await rowOf(deps, worker.id)).status).toBe('STOPPING');
  });

  it('of a task that ECS does not know yet waits until it must know it', async () => {
    const worker = await running();
    await cancelJob(deps, everyone, worker.id);
    deps.tasks.tasks.delete(worker.taskArn);
    deps.clock.advanceSeconds(119);
    await reconcileJob(deps, worker.id);
    expect((await rowOf(deps, worker.id)).status).toBe('STOPPING');
    deps.clock.advanceSeconds(200);
    await reconcileJob(deps, worker.id);
    expect((await rowOf(deps, worker.id)).status).toBe('CANCELLED');
  });
});

describe('a row that is due', () => {
  it('gets a lost wake-up sent once more, and then leaves it to the pump', async () => {
    const { id } = await submit(deps);
    deps.clock.advanceSeconds(30);
    await reconcileJob(deps, id);
    expect(deps.queue.sent).toHaveLength(2);
    expect((await rowOf(deps, id)).outbox).toEqual({});
    await reconcileJob(deps, id);
    expect(deps.queue.sent).toHaveLength(2);
  });

  it('gets back into the queue when its wait is over', async () => {
    const { id } = await submit(deps);
    deps.random.nextFraction = 0.5;
    deps.launcher.nextOutcome = { kind: 'rejected', later: true, reason: 'full' };
    await dispatch(deps, { v: 1 });
    expect(await deps.store.queuedHead('fargate', 10)).toEqual([]);
    deps.clock.advanceSeconds(3);
    await reconcileJob(deps, id);
    expect(await deps.store.queuedHead('fargate', 10)).toEqual([id]);
  });

  it('may have been dealt with by another pass, or be gone', async () => {
    expect(await reconcileJob(deps, 'job-nowhere')).toBeUndefined();
    const { id } = await submit(deps);
    await cancelJob(deps, everyone, id);
    const before = await rowOf(deps, id);
    expect(await reconcileJob(deps, id)).toEqual(before);
  });

  it('is moved by one of several passes at once', async () => {
    const worker = await running();
    dies(deps, worker);
    deps.clock.advanceSeconds(180);
    await Promise.all([1, 2, 3].map(() => reconcileJob(deps, worker.id)));
    expect(await rowOf(deps, worker.id)).toMatchObject({ status: 'QUEUED', failures: 1 });
    expect((await rowOf(deps, worker.id)).queuedAtMs).toBe(startMs);
  });
});
