import { beforeEach, describe, expect, it } from '@jest/globals';
import { cancelJob } from '#core/jobs/cancel-job.ts';
import { retryJob } from '#core/jobs/retry-job.ts';
import { finishAttempt } from '#core/worker/finish-attempt.ts';
import {
  callerOf,
  chatBody,
  echoBody,
  everyone,
  putResult,
  rowOf,
  startNext,
  submit,
  traceparent,
} from '../../fakes/job-steps.ts';
import { type MemoryDeps, makeMemoryDeps } from '../../fakes/memory-deps.ts';

let deps: MemoryDeps;
beforeEach(() => {
  deps = makeMemoryDeps();
});

describe('a cancel', () => {
  it('ends a queued job at once, and is answered the same again [A9]', async () => {
    const { id } = await submit(deps);
    expect(await cancelJob(deps, everyone, id)).toMatchObject({
      status: 'CANCELLED',
      error: { code: 'cancelled' },
    });
    const { version } = await rowOf(deps, id);
    expect(await cancelJob(deps, everyone, id)).toMatchObject({ status: 'CANCELLED', version });
    expect(deps.metrics.counts.JobsCancelled).toBe(1);
  });

  it('of a running job asks its task to stop and waits for the proof', async () => {
    await submit(deps);
    const { id, taskArn } = await startNext(deps);
    expect(await cancelJob(deps, everyone, id)).toMatchObject({
      status: 'STOPPING',
      stopCause: 'cancel',
      outbox: {},
    });
    expect(deps.tasks.tasks.get(taskArn)?.stops).toEqual([
      'cancelled on request; waiting until the worker is gone',
    ]);
    expect((await cancelJob(deps, everyone, id)).status).toBe('STOPPING');
  });

  it('of an ended job is refused with how it ended', async () => {
    await submit(deps);
    const worker = await startNext(deps);
    await finishAttempt(deps, await putResult(deps, worker));
    await expect(cancelJob(deps, everyone, worker.id)).rejects.toMatchObject({
      code: 'job_ended',
      status: 409,
      message: `job ${worker.id} has ended (SUCCEEDED); it cannot be cancelled`,
    });
  });

  it('of a parent fails whoever waits for it', async () => {
    const parent = await submit(deps);
    const child = await submit(deps, { ...echoBody, dependsOn: [parent.id] });
    const grandchild = await submit(deps, { ...echoBody, dependsOn: [child.id] });
    await cancelJob(deps, everyone, parent.id);
    expect(await rowOf(deps, child.id)).toMatchObject({
      status: 'FAILED',
      error: { code: 'dependency_failed', message: `job ${parent.id}, which it depends on, ended CANCELLED` },
    });
    expect((await rowOf(deps, grandchild.id)).status).toBe('FAILED');
  });

  it('of a foreign job finds nothing', async () => {
    const { id } = await submit(deps);
    await expect(cancelJob(deps, callerOf('beta'), id)).rejects.toMatchObject({ code: 'not_found' });
    expect((await rowOf(deps, id)).status).toBe('QUEUED');
  });
});

describe('a retry', () => {
  const retry = (id: string, idempotencyKey?: string, caller = everyone) =>
    retryJob(deps, caller, id, { idempotencyKey, traceparent });

  it('is a new job with the same input and settings [A9]', async () => {
    const body = {
      ...chatBody,
      priority: 'high',
      maxAttempts: 2,
      budgetUsd: 0.5,
      deadlineSeconds: 600,
      maxTokens: 7,
    };
    const { id } = await submit(deps, body);
    await cancelJob(deps, everyone, id);
    const before = await rowOf(deps, id);
    const { row } = await retry(id);
    expect(row).toMatchObject({ status: 'QUEUED', retryOf: id, attempt: 0, spentMicroUsd: 0 });
    for (const name of [
      'priority',
      'maxAttempts',
      'budgetMicroUsd',
      'inputKey',
      'model',
      'timeoutSeconds',
    ] as const)
      expect(row[name]).toEqual(before[name]);
    expect(row.deadlineAtMs - row.createdAtMs).toBe(600_000);
    expect(await rowOf(deps, id)).toEqual(before);
  });

  it('under the same key is one job, and another key is another one', async () => {
    const { id } = await submit(deps);
    await cancelJob(deps, everyone, id);
    const first = await retry(id, 'key');
    expect(await retry(id, 'key')).toMatchObject({ replayed: true, row: { id: first.row.id } });
    expect((await retry(id, 'other')).row.id).not.toBe(first.row.id);
  });

  it('under the key of a submitted job is refused', async () => {
    const { id } = await submit(deps, echoBody, 'key');
    await cancelJob(deps, everyone, id);
    await expect(retry(id, 'key')).rejects.toMatchObject({ code: 'idempotency_key_reused' });
  });

  it('does not wait for the parents of the first one', async () => {
    const parent = await submit(deps);
    const child = await submit(deps, { ...echoBody, dependsOn: [parent.id] });
    await cancelJob(deps, everyone, parent.id);
    expect((await retry(child.id)).row).toMatchObject({ status: 'QUEUED', dependsOn: [] });
  });

  it('of a job that has not ended, or is foreign, or whose input is gone, is refused', async () => {
    const { id, inputKey } = await submit(deps);
    await expect(retry(id)).rejects.toMatchObject({ code: 'job_not_ended' });
    await expect(retry(id, undefined, callerOf('beta'))).rejects.toMatchObject({ code: 'not_found' });
    await cancelJob(deps, everyone, id);
    deps.objects.stored.delete(inputKey);
    await expect(retry(id)).rejects.toMatchObject({ code: 'no_result', remedy: 'submit it anew' });
  });
});
