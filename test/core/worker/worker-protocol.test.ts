import { beforeEach, describe, expect, it } from '@jest/globals';
import { cancelJob } from '#core/jobs/cancel-job.ts';
import { finishAttempt } from '#core/worker/finish-attempt.ts';
import { heartbeat } from '#core/worker/heartbeat.ts';
import { addressUploads, recordEvents } from '#core/worker/report.ts';
import { startAttempt } from '#core/worker/start-attempt.ts';
import { startMs } from '../../fakes/job-rows.ts';
import {
  chatBody,
  echoBody,
  everyone,
  putResult,
  rowOf,
  type StartedWorker,
  startNext,
  submit,
} from '../../fakes/job-steps.ts';
import { type MemoryDeps, makeMemoryDeps } from '../../fakes/memory-deps.ts';

const instance = '11'.repeat(32);
let deps: MemoryDeps;
let worker: StartedWorker;
beforeEach(async () => {
  deps = makeMemoryDeps({ keys: { anthropic: { apiKey: 'secret' } } });
  await submit(deps);
  worker = await startNext(deps, instance);
});

function startRequest(changes: { instance?: string; ticket?: string; attempt?: number } = {}) {
  const ticket = deps.launcher.tasks.get(worker.taskArn)?.request.ticket ?? '';
  return { protocolVersion: 2, jobId: worker.id, attempt: 1, ticket, instance, ...changes } as const;
}

/** The worker's job is taken from it and given to a second attempt. */
async function moveOn(): Promise<StartedWorker> {
  await finishAttempt(deps, { ...worker.session, outcome: { kind: 'interrupted', reason: 'Spot' } });
  return startNext(deps, '22'.repeat(32));
}

describe('a start', () => {
  it('binds the instance and may be repeated by it', async () => {
    expect(await rowOf(deps, worker.id)).toMatchObject({ status: 'RUNNING', startedAtMs: startMs });
    const { version } = await rowOf(deps, worker.id);
    deps.clock.advanceSeconds(60);
    expect(await startAttempt(deps, startRequest())).toMatchObject({
      session: worker.session.session,
      job: { id: worker.id, type: 'echo', project: 'default', attempt: 1 },
      heartbeatSeconds: 30,
      leaseSeconds: 180,
      remainingMs: 3_540_000,
    });
    expect((await rowOf(deps, worker.id)).version).toBe(version);
  });

  it.each([
    ['another instance', { instance: '33'.repeat(32) }, 'other_instance'],
    ['a wrong ticket', { ticket: '44'.repeat(32) }, 'forbidden'],
    ['another attempt', { attempt: 2 }, 'stale_attempt'],
  ])('by %s is refused', async (_what, changes, code) => {
    await expect(startAttempt(deps, startRequest(changes))).rejects.toMatchObject({ code });
  });

  it('is refused once the job is being stopped', async () => {
    await cancelJob(deps, everyone, worker.id);
    await expect(startAttempt(deps, startRequest())).rejects.toMatchObject({ code: 'job_stopping' });
  });

  it('hands out the one key that the job needs, and none to a job that needs none [A5]', async () => {
    expect(await startAttempt(deps, startRequest())).not.toHaveProperty('provider');
    await submit(deps, chatBody);
    const chat = await startNext(deps);
    const { ticket = '' } = deps.launcher.tasks.get(chat.taskArn)?.request ?? {};
    const request = { protocolVersion: 2, jobId: chat.id, attempt: 1, ticket, instance } as const;
    expect((await startAttempt(deps, request)).provider).toEqual({ name: 'anthropic', apiKey: 'secret' });
    expect(JSON.stringify([...deps.store.rows.values()])).not.toContain('secret');
  });
});

describe('a heartbeat', () => {
  it('moves the lease', async () => {
    deps.clock.advanceSeconds(100);
    expect(await heartbeat(deps, worker.session)).toEqual({ stop: false, leaseSeconds: 180 });
    expect((await rowOf(deps, worker.id)).leaseUntilMs).toBe(startMs + 280_000);
  });

  it('hears of a stop', async () => {
    await cancelJob(deps, everyone, worker.id);
    expect(await heartbeat(deps, worker.session)).toEqual({ stop: true, leaseSeconds: 180 });
  });

  it('of an attempt that has lost the job keeps nothing alive', async () => {
    const second = await moveOn();
    const before = await rowOf(deps, second.id);
    await expect(heartbeat(deps, worker.session)).rejects.toMatchObject({ code: 'stale_attempt' });
    expect(await rowOf(deps, second.id)).toEqual(before);
  });

  it('with another session is refused', async () => {
    const foreign = { ...worker.session, session: '55'.repeat(32) };
    await expect(heartbeat(deps, foreign)).rejects.toMatchObject({ code: 'forbidden' });
  });
});

describe('a finish', () => {
  it('with its result in place ends the job, frees the slot and wakes the queue [A2] [A3]', async () => {
    const sent = deps.queue.sent.length;
    expect(await finishAttempt(deps, await putResult(deps, worker))).toEqual({ status: 'SUCCEEDED' });
    expect(await rowOf(deps, worker.id)).toMatchObject({
      status: 'SUCCEEDED',
      endedAtMs: startMs,
      result: { key: `projects/default/jobs/${worker.id}/attempts/1/result.json`, bytes: 16 },
      outbox: {},
    });
    expect((await deps.slots.read('fargate')).held).toEqual([]);
    expect(deps.queue.sent.slice(sent)).toEqual([{ message: { v: 1 }, delaySeconds: 0 }]);
    expect(deps.metrics.counts).toMatchObject({ JobsSucceeded: 1 });
    expect(deps.metrics.counts.AttemptsLost).toBeUndefined();
  });

  it('that is repeated is answered as before and counts once', async () => {
    const request = await putResult(deps, worker);
    await finishAttempt(deps, request);
    const row = await rowOf(deps, worker.id);
    expect(await finishAttempt(deps, request)).toEqual({ status: 'SUCCEEDED' });
    expect(await rowOf(deps, worker.id)).toEqual(row);
    expect(deps.metrics.counts.JobsSucceeded).toBe(1);
  });

  it.each([
    ['no object', undefined, 'no object'],
    ['another object', '{"message":"ho"}', '16 bytes with SHA-256'],
  ])('with %s is refused, and may be tried again', async (_what, stored, message) => {
    const request = await putResult(deps, worker);
    const key = `projects/default/jobs/${worker.id}/attempts/1/result.json`;
    deps.objects.stored.delete(key);
    if (stored) await deps.objects.put(key, stored);
    await expect(finishAttempt(deps, request)).rejects.toMatchObject({
      code: 'result_mismatch',
      retryable: true,
      message: expect.stringContaining(message),
    });
    expect((await rowOf(deps, worker.id)).status).toBe('RUNNING');
  });

  it('by a zombie changes nothing: not the row, not the result', async () => {
    const request = await putResult(deps, worker);
    const second = await moveOn();
    const before = await rowOf(deps, worker.id);
    await expect(finishAttempt(deps, request)).rejects.toMatchObject({ code: 'stale_attempt' });
    expect(await rowOf(deps, worker.id)).toEqual(before);
    await finishAttempt(deps, await putResult(deps, second, '{"message":"second"}'));
    await expect(finishAttempt(deps, request)).rejects.toMatchObject({ code: 'stale_attempt' });
    expect((await rowOf(deps, worker.id)).result?.key).toContain('/attempts/2/');
  });

  it('while a stop is under way is refused: whoever asked for the stop decides', async () => {
    const request = await putResult(deps, worker);
    await cancelJob(deps, everyone, worker.id);
    await expect(finishAttempt(deps, request)).rejects.toMatchObject({ code: 'job_stopping' });
  });

  it.each([
    [true, { status: 'QUEUED', failures: 1 }],
    [false, { status: 'FAILED', failures: 1, error: { code: 'worker_error', message: 'm' } }],
  ])('with an error that is retryable: %p', async (retryable, expected) => {
    const outcome = { kind: 'failed', error: { code: 'worker_error', message: 'm', retryable } } as const;
    await finishAttempt(deps, { ...worker.session, outcome });
    expect(await rowOf(deps, worker.id)).toMatchObject(expected);
    expect((await deps.slots.read('fargate')).held).toEqual([]);
  });

  it('lets go whoever waits for the job', async () => {
    const child = await submit(deps, { ...echoBody, dependsOn: [worker.id] });
    await finishAttempt(deps, await putResult(deps, worker));
    expect(await rowOf(deps, child.id)).toMatchObject({ status: 'QUEUED', queuedAtMs: startMs });
  });
});

describe('what a worker reports', () => {
  const events = [{ type: 'note' as const, atMs: startMs, message: 'at work' }];

  it('is taken from the attempt that the job is at', async () => {
    await recordEvents(deps, { ...worker.session, firstSeq: 1, events });
    expect(await deps.events.read(worker.id, { attempt: 1, seq: 0 }, 10)).toHaveLength(1);
    await moveOn();
    await expect(recordEvents(deps, { ...worker.session, firstSeq: 2, events })).rejects.toMatchObject({
      code: 'stale_attempt',
    });
  });

  it('goes to addresses below its own attempt that take exactly what was named, once', async () => {
    const body = '{"message":"hi"}';
    const file = { name: 'result.json', sha256: deps.digest.sha256(body), bytes: 16 };
    const { files } = await addressUploads(deps, { ...worker.session, files: [file] });
    const [target] = files;
    expect(target).toMatchObject({ name: 'result.json', expiresAt: '2026-11-15T12:05:00.000Z' });
    expect(target && [deps.objects.putTo(target, body), deps.objects.putTo(target, body)]).toEqual([
      'stored',
      'exists',
    ]);
    expect([...deps.objects.stored.keys()]).toContain(
      `projects/default/jobs/${worker.id}/attempts/1/result.json`,
    );
  });

  it('has no address for an attempt that has lost the job', async () => {
    await moveOn();
    const files = [{ name: 'result.json', sha256: '66'.repeat(32), bytes: 1 }];
    await expect(addressUploads(deps, { ...worker.session, files })).rejects.toMatchObject({
      code: 'stale_attempt',
    });
  });
});
