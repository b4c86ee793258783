import { beforeEach, describe, expect, it } from '@jest/globals';
import { dispatch } from '#core/dispatch/dispatch.ts';
import { cancelJob } from '#core/jobs/cancel-job.ts';
import { reconcileJob } from '#core/reconcile/reconcile-job.ts';
import { finishAttempt } from '#core/worker/finish-attempt.ts';
import { startAttempt } from '#core/worker/start-attempt.ts';
import { chatBody, everyone, rowOf, type StartedWorker, startNext, submit } from '../../fakes/job-steps.ts';
import { type MemoryDeps, makeMemoryDeps } from '../../fakes/memory-deps.ts';

let deps: MemoryDeps;
beforeEach(() => {
  deps = makeMemoryDeps();
});

const hasEnded = (worker: StartedWorker, reason = 'the worker has stopped (told)') =>
  finishAttempt(deps, { ...worker.session, outcome: { kind: 'interrupted', reason } });

async function startChat(body: object = chatBody): Promise<StartedWorker> {
  await submit(deps, body);
  return startNext(deps);
}

describe('a stop in the function lane', () => {
  it('asks nobody to stop the call, and waits for its worker to say that it has ended', async () => {
    const worker = await startChat();
    expect(await cancelJob(deps, everyone, worker.id)).toMatchObject({ status: 'STOPPING', outbox: {} });
    expect(deps.tasks.tasks.get(worker.taskArn)?.stops).toEqual([]);
    await reconcileJob(deps, worker.id);
    expect((await rowOf(deps, worker.id)).status).toBe('STOPPING');
    expect(await hasEnded(worker)).toEqual({ status: 'CANCELLED' });
  });

  it('is taken from nobody but the worker of this very attempt', async () => {
    const worker = await startChat();
    await cancelJob(deps, everyone, worker.id);
    const stranger = { ...worker, session: { ...worker.session, session: 'ff'.repeat(32) } };
    await expect(hasEnded(stranger)).rejects.toMatchObject({ code: 'forbidden' });
    expect((await rowOf(deps, worker.id)).status).toBe('STOPPING');
  });

  it('of a silent worker is over when the time of its function is, by whatever clock', async () => {
    const worker = await startChat();
    const { startedAtMs = 0 } = await rowOf(deps, worker.id);
    await cancelJob(deps, everyone, worker.id);
    await reconcileJob(deps, worker.id);
    expect(await rowOf(deps, worker.id)).toMatchObject({ retryAtMs: startedAtMs + 930_000 });
    deps.clock.advanceSeconds(929);
    await reconcileJob(deps, worker.id);
    expect((await rowOf(deps, worker.id)).status).toBe('STOPPING');
    deps.clock.advanceSeconds(1);
    await reconcileJob(deps, worker.id);
    expect((await rowOf(deps, worker.id)).status).toBe('CANCELLED');
  });

  it('before any worker has started is over at once: the one that comes too late is refused', async () => {
    const { id } = await submit(deps, chatBody);
    await dispatch(deps, { v: 1 });
    const ticket = [...deps.launcher.tasks.values()][0]?.request.ticket ?? '';
    await cancelJob(deps, everyone, id);
    await reconcileJob(deps, id);
    expect((await rowOf(deps, id)).status).toBe('CANCELLED');
    const start = { protocolVersion: 2 as const, jobId: id, attempt: 1, ticket, instance: '11'.repeat(32) };
    await expect(startAttempt(deps, start)).rejects.toMatchObject({ code: 'stale_attempt' });
  });
});

describe('a worker in a function', () => {
  it('whose lease ran out is a lost one, but only when its function cannot run any more', async () => {
    const worker = await startChat();
    deps.clock.advanceSeconds(181);
    await reconcileJob(deps, worker.id);
    expect(await rowOf(deps, worker.id)).toMatchObject({ status: 'STOPPING', stopCause: 'lost' });
    deps.clock.advanceSeconds(750);
    await reconcileJob(deps, worker.id);
    expect(await rowOf(deps, worker.id)).toMatchObject({ status: 'QUEUED', failures: 1 });
  });

  it('that never started is tried again as an interruption', async () => {
    const { id } = await submit(deps, chatBody);
    await dispatch(deps, { v: 1 });
    deps.clock.advanceSeconds(91);
    await reconcileJob(deps, id);
    expect(await rowOf(deps, id)).toMatchObject({ status: 'QUEUED', failures: 0, interruptions: 1 });
  });

  it('that gives its slice back goes on at once, and nothing has failed', async () => {
    const worker = await startChat();
    await hasEnded(worker, 'time slice');
    const row = await rowOf(deps, worker.id);
    expect(row).toMatchObject({ status: 'QUEUED', failures: 0, interruptions: 1 });
    expect(row.notBeforeMs).toBeUndefined();
    expect((await startNext(deps)).attempt).toBe(2);
  });

  it('that ends because the time of its attempt is over has timed out, without another look', async () => {
    const worker = await startChat({ ...chatBody, timeoutSeconds: 60, maxAttempts: 1 });
    deps.clock.advanceSeconds(60);
    expect(await hasEnded(worker, 'the worker has stopped (time_up)')).toEqual({ status: 'TIMED_OUT' });
    expect(await rowOf(deps, worker.id)).toMatchObject({ failures: 1, error: { code: 'timed_out' } });
  });
});
