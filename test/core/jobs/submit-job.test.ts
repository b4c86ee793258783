import { beforeEach, describe, expect, it } from '@jest/globals';
import { submitJob } from '#core/jobs/submit-job.ts';
import {
  callerOf,
  chatBody,
  echoBody,
  everyone,
  startNext,
  submit,
  traceparent,
} from '../../fakes/job-steps.ts';
import { type MemoryDeps, makeMemoryDeps } from '../../fakes/memory-deps.ts';

let deps: MemoryDeps;
beforeEach(() => {
  deps = makeMemoryDeps();
});

const send = (body: unknown, idempotencyKey?: string, caller = everyone) =>
  submitJob(deps, caller, body, { idempotencyKey, traceparent });

describe('a submitted job', () => {
  it('is stored as QUEUED with its input, and its id goes to the queue [A1] [A2]', async () => {
    const { row, replayed } = await send(echoBody);
    expect(replayed).toBe(false);
    expect(row).toMatchObject({
      status: 'QUEUED',
      attempt: 0,
      version: 1,
      callerArn: 'arn:aws:iam::1:role/Client',
    });
    expect(await deps.objects.get(row.inputKey)).toBe(
      '{"payload":{"delaySeconds":0,"message":"hi"},"type":"echo"}',
    );
    expect(row.inputKey).toBe(`projects/default/inputs/${row.inputSha256}.json`);
    expect(deps.queue.sent).toEqual([{ message: { v: 1, jobId: row.id, traceparent }, delaySeconds: 0 }]);
    expect(await deps.projects.all()).toEqual(['default']);
    expect(deps.metrics.counts.JobsSubmitted).toBe(1);
  });

  it('has an id that a RunTask token holds', async () => {
    const { row } = await send(echoBody, 'a key of mine');
    expect(row.id).toMatch(/^job-[0-9a-f]{32}$/);
  });

  it('is accepted although the queue does not answer: the row keeps the wake-up', async () => {
    deps.queue.send = async () => {
      throw new Error('no answer');
    };
    const { row } = await send(echoBody);
    expect(row.outbox).toEqual({ wake: { kind: 'wake', jobId: row.id } });
    expect(await deps.store.due(deps.clock.nowMs() + 30_000, 10)).toEqual([row.id]);
  });

  it('takes the deployment’s budget where it names none', async () => {
    expect((await send(echoBody)).row.budgetMicroUsd).toBe(1_000_000);
    expect((await send({ ...chatBody, budgetUsd: 0.25 })).row.budgetMicroUsd).toBe(250_000);
  });
});

describe('the same request again', () => {
  it('under its key is answered with the first one’s job [A1]', async () => {
    const first = await send(echoBody, 'key');
    const second = await send({ payload: { message: 'hi' }, type: 'echo' }, 'key');
    expect(second).toMatchObject({ replayed: true, row: { id: first.row.id } });
    expect(deps.store.rows.size).toBe(1);
    expect(deps.metrics.counts.JobsSubmitted).toBe(1);
  });

  it('from many clients at once makes one job', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => send(echoBody, 'key')));
    expect(new Set(answers.map(({ row }) => row.id)).size).toBe(1);
    expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect(deps.store.rows.size).toBe(1);
  });

  it('with another body under the key is refused', async () => {
    await send(echoBody, 'key');
    const other = send({ type: 'echo', payload: { message: 'bye' } }, 'key');
    await expect(other).rejects.toMatchObject({ code: 'idempotency_key_reused', status: 422 });
  });

  it('under the key of another caller is a job of its own', async () => {
    await send(echoBody, 'key');
    await send(echoBody, 'key', callerOf('default'));
    expect(deps.store.rows.size).toBe(2);
  });

  it('without a key is a job of its own', async () => {
    await send(echoBody);
    await send(echoBody);
    expect(deps.store.rows.size).toBe(2);
  });

  it('is recognised when the reply of its own write was lost', async () => {
    const create = deps.store.create.bind(deps.store);
    deps.store.create = async (row) => {
      await create(row);
      return create(row);
    };
    const { row, replayed } = await send(echoBody, 'key');
    expect(replayed).toBe(true);
    expect(deps.store.rows.get(row.id)?.version).toBe(1);
  });
});

describe('a job of a project', () => {
  it('that the caller may not touch is not found', async () => {
    const foreign = send({ ...echoBody, project: 'beta' }, undefined, callerOf('alpha'));
    await expect(foreign).rejects.toMatchObject({ code: 'not_found', status: 404 });
    expect(deps.store.rows.size).toBe(0);
    expect(deps.objects.stored.size).toBe(0);
  });

  it('may not wait for one of another project, or for one that does not exist', async () => {
    const other = await send({ ...echoBody, project: 'beta' });
    for (const id of [other.row.id, 'job-nowhere'])
      await expect(send({ ...echoBody, dependsOn: [id] })).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('a job that waits for others', () => {
  it('is BLOCKED, wakes nobody, and is named in its parents', async () => {
    const parent = await submit(deps);
    const child = await submit(deps, { ...echoBody, dependsOn: [parent.id] });
    expect(child).toMatchObject({ status: 'BLOCKED', dependsOn: [parent.id], outbox: {} });
    expect(deps.store.rows.get(parent.id)?.waiters).toEqual([child.id]);
    expect(deps.queue.sent).toHaveLength(1);
  });

  it('is queued at once when they have all succeeded by then', async () => {
    const parent = await submit(deps);
    deps.store.write({ ...parent, status: 'SUCCEEDED', version: 2, endedAtMs: 1 });
    expect((await submit(deps, { ...echoBody, dependsOn: [parent.id] })).status).toBe('QUEUED');
  });

  it('fails at once when one of them has failed by then', async () => {
    const parent = await submit(deps);
    deps.store.write({ ...parent, status: 'FAILED', version: 2, endedAtMs: 1 });
    expect(await submit(deps, { ...echoBody, dependsOn: [parent.id] })).toMatchObject({
      status: 'FAILED',
      error: { code: 'dependency_failed' },
    });
    expect(deps.metrics.counts.JobsFailed).toBe(1);
  });

  it('is not claimed before its parent has ended', async () => {
    const parent = await submit(deps);
    await submit(deps, { ...echoBody, dependsOn: [parent.id], priority: 'high' });
    expect((await startNext(deps)).id).toBe(parent.id);
    await expect(startNext(deps)).rejects.toThrow('nothing was started: nothing_queued');
  });
});

describe('a self-hosted model', () => {
  const body = { ...chatBody, model: 'self-hosted/gpu-1/qwen3-coder' };

  it('is taken where workers run beside it', async () => {
    expect((await send(body)).row.model).toBe(body.model);
  });

  it('is refused where they run in AWS, with what to do instead', async () => {
    deps = makeMemoryDeps({ settings: { selfHosted: false } });
    await expect(send(body)).rejects.toMatchObject({
      code: 'not_supported_yet',
      message: expect.stringContaining('"self-hosted/gpu-1/qwen3-coder" runs on a server of your own'),
      remedy: expect.stringContaining('npm start'),
    });
    expect(deps.store.rows.size).toBe(0);
  });
});
