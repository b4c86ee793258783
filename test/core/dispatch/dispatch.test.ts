import { beforeEach, describe, expect, it } from '@jest/globals';
import { priorities } from '#contracts/priorities.ts';
import { dispatch } from '#core/dispatch/dispatch.ts';
import { cancelJob } from '#core/jobs/cancel-job.ts';
import { reconcileJob } from '#core/reconcile/reconcile-job.ts';
import { startAttempt } from '#core/worker/start-attempt.ts';
import { makeRow, startMs } from '../../fakes/job-rows.ts';
import { chatBody, dies, echoBody, everyone, rowOf, startNext, submit } from '../../fakes/job-steps.ts';
import { type MemoryDeps, makeMemoryDeps } from '../../fakes/memory-deps.ts';

let deps: MemoryDeps;
beforeEach(() => {
  deps = makeMemoryDeps();
});
const wake = (jobId?: string) => dispatch(deps, { v: 1, ...(jobId ? { jobId } : {}) });

describe('a wake-up', () => {
  it('starts the task of the job that it names, with its id and a ticket [A2]', async () => {
    const { id } = await submit(deps);
    expect(await wake(id)).toBe('launched');
    expect(await rowOf(deps, id)).toMatchObject({
      status: 'STARTING',
      attempt: 1,
      taskArn: `task/${id}-1`,
      outbox: {},
    });
    expect(deps.launcher.tasks.get(`task/${id}-1`)?.request).toMatchObject({ jobId: id, attempt: 1 });
    expect((await deps.slots.read('fargate')).held.map(({ key }) => key)).toEqual([`${id}#1`]);
  });

  it('that comes twice starts one task', async () => {
    const { id } = await submit(deps);
    const outcomes = await Promise.all([wake(id), wake(id), wake(id)]);
    expect(outcomes.filter((outcome) => outcome === 'launched')).toHaveLength(1);
    expect(deps.launcher.tasks.size).toBe(1);
    expect(await wake(id)).toBe('nothing_queued');
  });

  it('starts the best job, whichever it names [A9]', async () => {
    const low = await submit(deps, { ...echoBody, priority: 'low' });
    const high = await submit(deps, { ...echoBody, priority: 'high' });
    await wake(low.id);
    expect((await rowOf(deps, high.id)).status).toBe('STARTING');
    expect((await rowOf(deps, low.id)).status).toBe('QUEUED');
  });

  it('finds a job that the index does not show yet', async () => {
    const { id } = await submit(deps);
    deps.store.queuedHead = async () => [];
    expect(await wake()).toBe('nothing_queued');
    expect(await wake(id)).toBe('launched');
  });

  it('passes over what the index still shows and somebody has claimed', async () => {
    const first = await submit(deps);
    const second = await submit(deps);
    deps.store.queuedHead = async () => [first.id, second.id];
    await wake();
    await wake();
    expect([...deps.launcher.tasks.keys()]).toEqual([`task/${first.id}-1`, `task/${second.id}-1`]);
  });

  it('starts nothing beyond the limit, and nothing that waits or is late', async () => {
    await deps.store.create(makeRow({ id: 'waits', notBeforeMs: startMs + 1 }));
    await deps.store.create(makeRow({ id: 'late', deadlineAtMs: startMs }));
    expect(await wake('waits')).toBe('nothing_queued');
    expect(await wake('late')).toBe('nothing_queued');
    for (let n = 0; n < 3; n++) await submit(deps);
    expect([await wake(), await wake(), await wake()]).toEqual(['launched', 'launched', 'no_slot']);
  });

  it('starts nothing while everything is stopped [A8]', async () => {
    await submit(deps);
    await deps.slots.setStopped('fargate', { by: 'ana', atMs: startMs });
    expect(await wake()).toBe('stopped');
    expect(deps.launcher.tasks.size).toBe(0);
  });
});

describe('a thousand queued jobs of three priorities', () => {
  it('are claimed without one of a lower priority while a higher one is visible [A9]', async () => {
    deps = makeMemoryDeps({ settings: { maxConcurrentWorkers: 1_000 } });
    for (let n = 0; n < 1_000; n++)
      await deps.store.create(
        makeRow({
          id: `job-${n}`,
          priority: priorities[(n * 7) % 3] ?? 'low',
          queuedAtMs: startMs - ((n * 37) % 100),
        }),
      );
    const claimed: string[] = [];
    for (let n = 0; n < 1_000; n++) {
      await wake(`job-${(n * 13) % 1_000}`);
      claimed.push([...deps.launcher.tasks.values()].at(-1)?.request.jobId ?? '');
    }
    const keys = claimed.map((id) => {
      const row = deps.store.rows.get(id);
      return `${priorities.indexOf(row?.priority ?? 'low')} ${row?.queuedAtMs} ${id}`;
    });
    expect(new Set(claimed).size).toBe(1_000);
    expect(keys).toEqual([...keys].sort());
  });
});

describe('a launch', () => {
  it('without capacity puts the job back, costs nothing but time, and frees the slot', async () => {
    const { id } = await submit(deps);
    deps.random.nextFraction = 0.5;
    deps.launcher.nextOutcome = { kind: 'rejected', later: true, reason: 'Capacity is unavailable' };
    expect(await wake(id)).toBe('rejected');
    expect(await rowOf(deps, id)).toMatchObject({
      status: 'QUEUED',
      attempt: 1,
      failures: 0,
      delays: 1,
      notBeforeMs: startMs + 2_500,
      statusReason: 'waiting for capacity: Capacity is unavailable',
    });
    expect((await deps.slots.read('fargate')).held).toEqual([]);
    expect(deps.metrics.counts.CapacityDelays).toBe(1);
  });

  it('that the dispatcher may not make keeps the job, and is told: a budget that is used up spares the queue [D8]', async () => {
    const { id } = await submit(deps);
    const reason = 'AccessDeniedException: not authorized to perform: ecs:RunTask with an explicit deny';
    deps.launcher.nextOutcome = { kind: 'rejected', later: true, denied: true, reason };
    expect(await wake(id)).toBe('rejected');
    expect(await rowOf(deps, id)).toMatchObject({
      status: 'QUEUED',
      failures: 0,
      delays: 1,
      statusReason: `waiting for the right to start workers: ${reason}`,
    });
    expect(deps.metrics.counts).toMatchObject({ StartFailures: 1 });
    expect(deps.metrics.counts.CapacityDelays).toBeUndefined();
  });

  it('that will never work ends the job and says why', async () => {
    const { id } = await submit(deps);
    deps.launcher.nextOutcome = { kind: 'rejected', later: false, reason: 'no such cluster' };
    await wake(id);
    expect(await rowOf(deps, id)).toMatchObject({
      status: 'FAILED',
      error: { code: 'start_failed', message: 'no such cluster', remedy: 'run: muster doctor' },
    });
    expect(deps.metrics.counts).toMatchObject({ StartFailures: 1, JobsFailed: 1 });
  });

  it('whose outcome is unknown leaves the claim, and the message comes back', async () => {
    const { id } = await submit(deps);
    deps.launcher.nextOutcome = new Error('the connection broke');
    await expect(wake(id)).rejects.toThrow('the connection broke');
    expect(await rowOf(deps, id)).toMatchObject({ status: 'STARTING', attempt: 1 });
    expect(await wake(id)).toBe('nothing_queued');
  });

  it('of a job that was cancelled meanwhile, and came to nothing, ends the cancel', async () => {
    const { id } = await submit(deps);
    deps.launcher.launch = async () => {
      await cancelJob(deps, everyone, id);
      return { kind: 'rejected', later: true, reason: 'full' };
    };
    await wake(id);
    expect((await rowOf(deps, id)).status).toBe('CANCELLED');
  });

  it('that is said to be refused is not believed of a worker that has begun', async () => {
    const { id } = await submit(deps);
    deps.launcher.launch = async ({ jobId, attempt, ticket }) => {
      const instance = '11'.repeat(32);
      await startAttempt(deps, { protocolVersion: 2, jobId, attempt, ticket, instance });
      await cancelJob(deps, everyone, id);
      return { kind: 'rejected', later: true, reason: 'throttled at the second try' };
    };
    await wake(id);
    expect((await rowOf(deps, id)).status).toBe('STOPPING');
  });
});

describe('capacity', () => {
  const workerOf = (id: string, attempt: number) =>
    deps.launcher.tasks.get(`task/${id}-${attempt}`)?.request.capacity;

  beforeEach(() => {
    deps = makeMemoryDeps({ spot: true });
  });

  it('is Spot first, and the row says so [D8]', async () => {
    const { id } = await submit(deps);
    await wake(id);
    expect(workerOf(id, 1)).toBe('spot');
    expect((await rowOf(deps, id)).capacity).toBe('spot');
  });

  it('is on demand where settings want it so [D8]', async () => {
    deps = makeMemoryDeps({ spot: false });
    const { id } = await submit(deps);
    await wake(id);
    expect(workerOf(id, 1)).toBe('on_demand');
  });

  it('is on demand after two interruptions, which are no failures [D8] [A9]', async () => {
    const { id } = await submit(deps);
    for (const attempt of [1, 2]) {
      const worker = await startNext(deps, String(attempt).repeat(64));
      expect(workerOf(id, attempt)).toBe('spot');
      deps.tasks.set(worker.taskArn, { kind: 'stopped', how: 'interrupted', reason: 'SpotInterruption' });
      await reconcileJob(deps, id, { attempt, taskArn: worker.taskArn });
    }
    await wake(id);
    expect(workerOf(id, 3)).toBe('on_demand');
    expect(await rowOf(deps, id)).toMatchObject({ attempt: 3, failures: 0, interruptions: 2 });
  });

  it('is on demand at once when Spot has no room, as an attempt and so a client token of its own [D8]', async () => {
    const { id } = await submit(deps);
    deps.launcher.nextOutcome = {
      kind: 'rejected',
      later: true,
      noRoom: true,
      reason: 'Capacity is unavailable',
    };
    expect(await wake(id)).toBe('rejected');
    expect(await rowOf(deps, id)).toMatchObject({
      status: 'QUEUED',
      failures: 0,
      interruptions: 0,
      delays: 0,
      outbox: { wake: { kind: 'wake', jobId: id } },
      statusReason: 'no room on Spot, goes on demand: Capacity is unavailable',
    });
    expect(await wake(id)).toBe('launched');
    expect(workerOf(id, 2)).toBe('on_demand');
  });

  it('stays on demand, and waits, when that has no room either [D8]', async () => {
    const { id } = await submit(deps);
    deps.random.nextFraction = 0.5;
    const noRoom = { kind: 'rejected', later: true, noRoom: true, reason: 'full' } as const;
    for (const _ of [1, 2]) {
      deps.launcher.nextOutcome = noRoom;
      await wake(id);
    }
    const row = await rowOf(deps, id);
    expect(row).toMatchObject({ status: 'QUEUED', delays: 1, spotRefused: true });
    expect(row.notBeforeMs).toBeGreaterThan(startMs);
  });

  it('is not changed by a throttle, after which a task may be there all the same [D8]', async () => {
    const { id } = await submit(deps);
    deps.launcher.nextOutcome = { kind: 'rejected', later: true, reason: 'ThrottlingException' };
    await wake(id);
    expect(await rowOf(deps, id)).toMatchObject({ status: 'QUEUED', delays: 1 });
    expect((await rowOf(deps, id)).spotRefused).toBeUndefined();
  });

  it('is on demand after a task of Spot that never came up, which costs no failure [D8]', async () => {
    const { id } = await submit(deps);
    await wake(id);
    deps.tasks.set(`task/${id}-1`, { kind: 'stopped', how: 'unstarted', reason: 'no capacity after all' });
    await reconcileJob(deps, id, { attempt: 1, taskArn: `task/${id}-1` });
    expect(await rowOf(deps, id)).toMatchObject({ status: 'QUEUED', failures: 0, spotRefused: true });
    await wake(id);
    expect(workerOf(id, 2)).toBe('on_demand');
    deps.tasks.set(`task/${id}-2`, { kind: 'stopped', how: 'unstarted', reason: 'CannotPullContainerError' });
    await reconcileJob(deps, id, { attempt: 2, taskArn: `task/${id}-2` });
    expect(await rowOf(deps, id)).toMatchObject({ failures: 1 });
  });

  it('is nothing that a function has', async () => {
    const { id } = await submit(deps, chatBody);
    await wake(id);
    expect(workerOf(id, 1)).toBeUndefined();
  });

  it('of an attempt is written down when it ends [D8] [A9]', async () => {
    deps = makeMemoryDeps({
      spot: true,
      settings: { forceFargate: true },
      keys: { anthropic: { apiKey: 'k' } },
    });
    const { id } = await submit(deps, chatBody);
    const worker = await startNext(deps);
    deps.tasks.set(worker.taskArn, { kind: 'stopped', how: 'interrupted', reason: 'SpotInterruption' });
    await reconcileJob(deps, id, { attempt: 1, taskArn: worker.taskArn });
    const [done] = await deps.executions.listed({ project: 'default', limit: 5 });
    expect(done?.entry).toMatchObject({ jobId: id, attempt: 1, outcome: 'INTERRUPTED', capacity: 'spot' });
  });
});

describe('a claim', () => {
  it('whose reply was lost is recognised as one’s own', async () => {
    const { id } = await submit(deps);
    const replace = deps.store.replace.bind(deps.store);
    deps.store.replace = async (row) => {
      await replace(row);
      return replace(row);
    };
    expect(await wake(id)).toBe('launched');
    expect(await rowOf(deps, id)).toMatchObject({ status: 'STARTING', attempt: 1 });
    expect((await deps.slots.read('fargate')).held).toHaveLength(1);
  });

  it('that is lost to a cancel frees its slot and goes on with the next job', async () => {
    const first = await submit(deps, { ...echoBody, priority: 'high' });
    const second = await submit(deps);
    const acquire = deps.slots.acquire.bind(deps.slots);
    deps.slots.acquire = async (...args) => {
      const answer = await acquire(...args);
      if (args[1] === `${first.id}#1`) await cancelJob(deps, everyone, first.id);
      return answer;
    };
    expect(await wake()).toBe('launched');
    expect((await deps.slots.read('fargate')).held.map(({ key }) => key)).toEqual([`${second.id}#1`]);
  });

  it('never uses an attempt’s number again', async () => {
    await submit(deps);
    const first = await startNext(deps);
    dies(deps, first);
    const row = await rowOf(deps, first.id);
    deps.store.write({ ...row, status: 'QUEUED' });
    expect((await startNext(deps)).attempt).toBe(2);
  });
});
