import { beforeEach, describe, expect, it } from '@jest/globals';
import { cancelJob } from '#core/jobs/cancel-job.ts';
import { retryJob } from '#core/jobs/retry-job.ts';
import { finishAttempt } from '#core/worker/finish-attempt.ts';
import {
  echoBody,
  everyone,
  putResult,
  rowOf,
  startNext,
  submit,
  traceparent,
} from '../../fakes/job-steps.ts';
import { type MemoryDeps, makeMemoryDeps } from '../../fakes/memory-deps.ts';

const callbackUrl = 'https://hooks.example.com/muster';

let deps: MemoryDeps & { sent: string[]; courier: { send(ids: readonly string[]): Promise<void> } };
beforeEach(() => {
  const sent: string[] = [];
  deps = { ...makeMemoryDeps(), sent, courier: { send: async (ids) => void sent.push(...ids) } };
});

function webhooks() {
  return [...deps.webhooks.webhooks.all.values()];
}

describe('a job with a callback address', () => {
  it('tells of its end once, without its result, and has it sent at once [A9]', async () => {
    const { id } = await submit(deps, { ...echoBody, callbackUrl });
    expect(webhooks()).toEqual([]);
    const worker = await startNext(deps);
    await finishAttempt(deps, await putResult(deps, worker));
    const [webhook, ...others] = webhooks();
    expect(others).toEqual([]);
    expect(webhook).toMatchObject({
      event: 'job.ended',
      subject: id,
      url: callbackUrl,
      project: 'default',
      status: 'pending',
    });
    expect(deps.sent).toEqual([webhook?.id]);
    const body = JSON.parse(webhook?.body ?? '');
    expect(body).toEqual({
      type: 'job.ended',
      timestamp: new Date(deps.clock.nowMs()).toISOString(),
      data: {
        id,
        type: 'echo',
        status: 'SUCCEEDED',
        project: 'default',
        endedAt: body.timestamp,
        costUsd: 0,
      },
    });
    expect((await rowOf(deps, id)).outbox.webhook).toBeUndefined();
  });

  it('tells of being cancelled, too', async () => {
    const { id } = await submit(deps, { ...echoBody, callbackUrl });
    await cancelJob(deps, everyone, id);
    expect(JSON.parse(webhooks()[0]?.body ?? '').data).toMatchObject({
      status: 'CANCELLED',
      error: { code: 'cancelled' },
    });
  });

  it('keeps the entry where the webhook could not be written, and the job is due', async () => {
    const { id } = await submit(deps, { ...echoBody, callbackUrl });
    deps.webhooks.webhooks.create = async () => {
      throw new Error('no answer');
    };
    await cancelJob(deps, everyone, id);
    expect((await rowOf(deps, id)).outbox.webhook).toEqual({ kind: 'webhook' });
    expect(await deps.store.due(deps.clock.nowMs() + 60_000, 10)).toContain(id);
  });

  it('is due although nobody could be asked to send it', async () => {
    deps.courier.send = async () => {
      throw new Error('no answer');
    };
    const { id } = await submit(deps, { ...echoBody, callbackUrl });
    await cancelJob(deps, everyone, id);
    expect(deps.webhooks.due(deps.clock.nowMs())).toEqual([webhooks()[0]?.id]);
    expect(deps.metrics.counts.DeliveryFailures).toBe(1);
  });

  it('has the same address when it is retried', async () => {
    const { id } = await submit(deps, { ...echoBody, callbackUrl });
    await cancelJob(deps, everyone, id);
    const { row } = await retryJob(deps, everyone, id, { traceparent });
    expect(row.callbackUrl).toBe(callbackUrl);
  });

  it('is refused where the address could never be reached', async () => {
    await expect(submit(deps, { ...echoBody, callbackUrl: 'https://10.0.0.1/' })).rejects.toMatchObject({
      code: 'invalid_request',
      faults: [{ path: '/callbackUrl' }],
    });
    expect(deps.store.rows.size).toBe(0);
  });
});

describe('a job without one', () => {
  it('tells nobody', async () => {
    const { id } = await submit(deps);
    await cancelJob(deps, everyone, id);
    expect(webhooks()).toEqual([]);
  });
});
