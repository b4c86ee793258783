import { beforeEach, describe, expect, it } from '@jest/globals';
import { dispatch } from '#core/dispatch/dispatch.ts';
import { readOperation, resumeAll, stopAll } from '#core/operations/stop-all.ts';
import { reconcile } from '#core/reconcile/reconcile.ts';
import { reconcileJob } from '#core/reconcile/reconcile-job.ts';
import { finishAttempt } from '#core/worker/finish-attempt.ts';
import { startAttempt } from '#core/worker/start-attempt.ts';
import { makeClosedCycle } from '../../fakes/closed-cycle.ts';
import {
  callerOf,
  chatBody,
  dies,
  everyone,
  putResult,
  rowOf,
  startNext,
  submit,
} from '../../fakes/job-steps.ts';
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

  it('does not let a worker begin whose claim was under way, and counts nothing against its job [A8]', async () => {
    const { id } = await submit(deps);
    await dispatch(deps, { v: 1 });
    for (const lane of ['fargate', 'function'] as const)
      await deps.slots.setStopped(lane, { by: 'somebody', atMs: deps.clock.nowMs() });
    const [task] = deps.launcher.tasks.values();
    const { ticket = '' } = task?.request ?? {};
    const start = { protocolVersion: 2 as const, jobId: id, attempt: 1, ticket, instance: '11'.repeat(32) };
    await expect(startAttempt(deps, start)).rejects.toMatchObject({ code: 'job_stopping' });
    expect(await rowOf(deps, id)).toMatchObject({ status: 'STOPPING', stopCause: 'halt' });
    dies(deps, { id, attempt: 1 });
    await reconcileJob(deps, id);
    expect(await rowOf(deps, id)).toMatchObject({ status: 'QUEUED', failures: 0, interruptions: 0 });
  });

  it('stops and names a task that holds no slot, until ECS says that it has stopped [A8]', async () => {
    await submit(deps);
    const { id, taskArn, ...worker } = await startNext(deps);
    await finishAttempt(deps, await putResult(deps, { id, taskArn, ...worker }));
    expect(deps.slots.held.size).toBe(0);
    const operation = await stopAll(deps, everyone);
    expect(operation).toMatchObject({
      status: 'RUNNING',
      stillAlive: [{ worker: `${id}#1`, lane: 'fargate', taskArn }],
    });
    expect(operation).not.toHaveProperty('waitingRuns');
    expect(deps.tasks.tasks.get(taskArn)?.stops).toEqual(['everything was stopped']);
    await reconcile(deps);
    expect(deps.tasks.tasks.get(taskArn)?.stops).toHaveLength(1);
    dies(deps, { id, attempt: 1 });
    expect(await readOperation(deps, everyone, operation.id)).toMatchObject({
      status: 'SUCCEEDED',
      stillAlive: [],
    });
  });

  it('names a worker in a function until it has said that it ends [A8]', async () => {
    await submit(deps, chatBody);
    const { id, session } = await startNext(deps);
    const operation = await stopAll(deps, everyone);
    await reconcile(deps);
    expect((await readOperation(deps, everyone, operation.id)).stillAlive).toMatchObject([
      { worker: `${id}#1`, lane: 'function' },
    ]);
    await finishAttempt(deps, { ...session, outcome: { kind: 'interrupted', reason: 'told to stop' } });
    expect(await readOperation(deps, everyone, operation.id)).toMatchObject({ status: 'SUCCEEDED' });
    expect(await rowOf(deps, id)).toMatchObject({ status: 'QUEUED', failures: 0, interruptions: 0 });
  });

  it('leaves executions of runs waiting, and names the runs [A8]', async () => {
    const { place } = await makeClosedCycle();
    const open = {
      ...place.run,
      status: 'RUNNING' as const,
      endedAtMs: undefined,
      executionArn: 'arn:cycle',
    };
    await deps.runs.runs.create({ ...open, version: 1 });
    await deps.runs.runs.create({ ...place.run, id: 'run-ended', endedAtMs: 1, version: 1 });
    await deps.projects.note(open.project);
    expect((await stopAll(deps, everyone)).waitingRuns).toEqual([
      { run: open.id, status: 'RUNNING', executionArn: 'arn:cycle' },
    ]);
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
