import { beforeEach, describe, expect, it } from '@jest/globals';
import { reconcileJob } from '#core/reconcile/reconcile-job.ts';
import { heartbeat } from '#core/worker/heartbeat.ts';
import { dies, echoBody, rowOf, type StartedWorker, startNext, submit } from '../../fakes/job-steps.ts';
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

describe('a worker that stops answering', () => {
  it('is stopped first, and its job goes on only when it is known to be gone [A9]', async () => {
    const worker = await running();
    deps.clock.advanceSeconds(180);
    await reconcileJob(deps, worker.id);
    expect(await rowOf(deps, worker.id)).toMatchObject({ status: 'STOPPING', stopCause: 'lost', attempt: 1 });
    expect(stopsOf(worker)).toBe(1);
    deps.clock.advanceSeconds(60);
    await reconcileJob(deps, worker.id);
    expect((await rowOf(deps, worker.id)).status).toBe('STOPPING');
    dies(deps, worker);
    await reconcileJob(deps, worker.id);
    expect(await rowOf(deps, worker.id)).toMatchObject({ status: 'QUEUED', failures: 1, attempt: 1 });
    expect((await deps.slots.read('fargate')).held).toEqual([]);
    expect(deps.metrics.counts.AttemptsLost).toBe(1);
  });

  it('is left alone while it does answer; only the index is moved on', async () => {
    const worker = await running();
    deps.clock.advanceSeconds(170);
    await heartbeat(deps, worker.session);
    deps.clock.advanceSeconds(20);
    expect(await deps.store.due(deps.clock.nowMs(), 10)).toEqual([worker.id]);
    await reconcileJob(deps, worker.id);
    expect((await rowOf(deps, worker.id)).status).toBe('RUNNING');
    expect(await deps.store.due(deps.clock.nowMs(), 10)).toEqual([]);
  });

  it('and is found dead costs a failure at once', async () => {
    const worker = await running({ maxAttempts: 1 });
    dies(deps, worker);
    await reconcileJob(deps, worker.id, { attempt: 1, taskArn: worker.taskArn });
    expect(await rowOf(deps, worker.id)).toMatchObject({
      status: 'FAILED',
      error: { code: 'worker_lost', message: 'the worker ended without a word: exit code 137' },
    });
  });

  it.each([
    ['interrupted', { status: 'QUEUED', failures: 0, interruptions: 1 }],
    ['unstarted', { status: 'QUEUED', failures: 1, interruptions: 0 }],
  ] as const)('because it was %s is counted as such', async (how, expected) => {
    const worker = await running();
    deps.tasks.set(worker.taskArn, { kind: 'stopped', how, reason: 'r' });
    await reconcileJob(deps, worker.id, { attempt: 1, taskArn: worker.taskArn });
    expect(await rowOf(deps, worker.id)).toMatchObject(expected);
  });

  it('is not believed to be dead because of an event about another attempt, or one that is not true', async () => {
    const worker = await running();
    await reconcileJob(deps, worker.id, { attempt: 1, taskArn: worker.taskArn });
    dies(deps, worker);
    await reconcileJob(deps, worker.id, { attempt: 2, taskArn: worker.taskArn });
    expect((await rowOf(deps, worker.id)).status).toBe('RUNNING');
  });
});

describe('a time that is over', () => {
  it('kills the worker and counts as a failure [A9]', async () => {
    const worker = await running({ timeoutSeconds: 60, maxAttempts: 1 });
    deps.clock.advanceSeconds(60);
    await reconcileJob(deps, worker.id);
    expect(await rowOf(deps, worker.id)).toMatchObject({ status: 'STOPPING', stopCause: 'timeout' });
    expect(stopsOf(worker)).toBe(1);
    dies(deps, worker);
    await reconcileJob(deps, worker.id);
    expect(await rowOf(deps, worker.id)).toMatchObject({ status: 'TIMED_OUT', error: { code: 'timed_out' } });
  });

  it('ends a job that was never started', async () => {
    const { id } = await submit(deps, { ...echoBody, deadlineSeconds: 60 });
    deps.clock.advanceSeconds(60);
    await reconcileJob(deps, id);
    expect(await rowOf(deps, id)).toMatchObject({ status: 'TIMED_OUT', error: { code: 'deadline_passed' } });
  });

  it('ends a job that waits for another', async () => {
    const parent = await submit(deps);
    const { id } = await submit(deps, { ...echoBody, dependsOn: [parent.id], deadlineSeconds: 60 });
    deps.clock.advanceSeconds(60);
    await reconcileJob(deps, id);
    expect((await rowOf(deps, id)).status).toBe('TIMED_OUT');
  });
});
