import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { JobView } from '../../../lib/contracts/job-view.ts';
import type { Operation } from '../../../lib/contracts/operations.ts';
import type { ProcessIdentity } from '../../../lib/local/process-identity.ts';
import { until } from './client.ts';
import { type Bed, setProviderKey, startBed } from './harness.ts';
import { isAlive, processOf } from './processes.ts';

let bed: Bed;
beforeAll(async () => {
  const overloaded = { kind: 'status', status: 400, type: 'invalid_request_error', message: 'not like this' };
  bed = await startBed({
    ruleTickMs: 400,
    // One worker at a time, over what the template says: only so is there an order to see.
    environment: { MAX_CONCURRENT_WORKERS: '1' },
    modelRules: [{ name: 'refuses', when: { prompt: '^fail' }, fault: overloaded }],
  });
  await setProviderKey(bed);
}, 120_000);
afterAll(() => bed?.close(), 20_000);

const echo = (message: string, more: object = {}, payload: object = {}) => ({
  type: 'echo',
  payload: { message, ...payload },
  ...more,
});
const lengthy = (message: string, more: object = {}) => echo(message, more, { delaySeconds: 600 });
const post = <T = JobView>(path: string) => bed.call<T>('POST', path);

async function running(request: object): Promise<{ id: string; worker: ProcessIdentity }> {
  const { id } = await bed.submit(request);
  const { links } = await bed.becomes(id, 'RUNNING');
  const worker = processOf(bed.dataDir, links.taskArn ?? '');
  if (!worker) throw new Error('the task has no process');
  return { id, worker };
}

/** How often one of the functions has made this call of an AWS service. */
function countOf(caller: string, operation: string): number {
  return bed.cloud
    .calls()
    .filter((call) => call.caller.includes(caller) && call.operation === operation)
    .reduce((sum, { count }) => sum + count, 0);
}

const looksAtEcs = () => countOf('Reconciler', 'DescribeTasks');
const tasksStarted = () => countOf('Dispatcher', 'RunTask');
/** Each pass asks four shards of one index for what is due, and another for the head of the queue. */
const reconcilerPasses = () => countOf('Reconciler', 'Query') / 5;

test('a queued job is cancelled at once, and its worker never starts [A9]', async () => {
  const first = await running(lengthy('holds the slot'));
  const { id } = await bed.submit(echo('waits'));
  const reply = await post(`/jobs/${id}/cancel`);
  expect(reply.status).toBe(200);
  expect(reply.body).toMatchObject({ status: 'CANCELLED', attempt: 0, error: { code: 'cancelled' } });
  expect((await post(`/jobs/${id}/cancel`)).status).toBe(200);
  await post(`/jobs/${first.id}/cancel`);
  await bed.ended(first.id);
  expect(await bed.job(id)).toMatchObject({ status: 'CANCELLED', attempt: 0 });
}, 60_000);

test('a running job is not called cancelled before its worker is gone [A9]', async () => {
  const { id, worker } = await running(lengthy('to be cancelled'));
  // Frozen, it neither hears of the stop nor dies of SIGTERM.
  process.kill(worker.pid, 'SIGSTOP');
  const reply = await post(`/jobs/${id}/cancel`);
  expect([reply.status, reply.body.status]).toEqual([202, 'STOPPING']);
  const before = looksAtEcs();
  await until('the reconciler has looked twice more', () => looksAtEcs() >= before + 2 || undefined);
  expect(isAlive(worker)).toBe(true);
  expect(await bed.job(id)).toMatchObject({ status: 'STOPPING' });
  process.kill(worker.pid, 'SIGCONT');
  const ended = await bed.ended(id);
  expect(isAlive(worker)).toBe(false);
  expect(ended).toMatchObject({ status: 'CANCELLED', attempt: 1, error: { code: 'cancelled' } });
  expect(await bed.objectKeys(`projects/default/jobs/${id}/`)).toEqual([]);
}, 60_000);

test('a job that runs longer than timeoutSeconds is stopped from outside and ends TIMED_OUT [A9]', async () => {
  const { id, worker } = await running(lengthy('too slow', { timeoutSeconds: 2, maxAttempts: 1 }));
  // Frozen, it cannot end by itself when its time is up.
  process.kill(worker.pid, 'SIGSTOP');
  const { links } = await bed.becomes(id, 'STOPPING');
  expect(isAlive(worker)).toBe(true);
  expect(await bed.row(id)).toMatchObject({ stopCause: 'timeout' });
  await until('ECS is asked to stop it', async () => {
    const { desiredStatus } = await bed.task(links.taskArn ?? '');
    return desiredStatus === 'STOPPED' || undefined;
  });
  process.kill(worker.pid, 'SIGCONT');
  const ended = await bed.ended(id);
  expect(isAlive(worker)).toBe(false);
  expect(ended).toMatchObject({ status: 'TIMED_OUT', failures: 1, error: { code: 'timed_out' } });
  const ranMs = Date.parse(ended.endedAt ?? '') - Date.parse(ended.startedAt ?? '');
  expect(ranMs).toBeGreaterThanOrEqual(2_000);
}, 60_000);

test('a timed-out attempt is tried again while there are attempts left [A9]', async () => {
  const { id } = await bed.submit(lengthy('twice', { timeoutSeconds: 1, maxAttempts: 2 }));
  expect(await bed.ended(id)).toMatchObject({ status: 'TIMED_OUT', attempt: 2, failures: 2 });
}, 60_000);

test('a job that does not end before deadlineSeconds ends TIMED_OUT, whatever attempts are left [A9]', async () => {
  const { id } = await bed.submit(lengthy('too late', { deadlineSeconds: 2 }));
  const ended = await bed.ended(id);
  expect(ended).toMatchObject({ status: 'TIMED_OUT', error: { code: 'deadline_passed' } });
  expect(ended.failures).toBe(0);
}, 60_000);

test('of the jobs that wait, the highest priority starts first, then the oldest [A9]', async () => {
  const holder = await running(lengthy('holds the slot'));
  const order = ['low', 'medium', 'high', 'low', 'high', 'medium'];
  for (const [index, priority] of order.entries())
    await bed.submit(echo(`${priority} ${index}`, { priority, project: 'ranks' }));
  await post(`/jobs/${holder.id}/cancel`);
  const jobs = await bed.allEnded('ranks', order.length);
  const started = jobs.sort((a, b) => ((a.startedAt ?? '') < (b.startedAt ?? '') ? -1 : 1));
  expect(started.map(({ priority }) => priority)).toEqual(['high', 'high', 'medium', 'medium', 'low', 'low']);
  for (const [first, second] of [started.slice(0, 2), started.slice(2, 4), started.slice(4, 6)]) {
    expect((first?.createdAt ?? '') < (second?.createdAt ?? '')).toBe(true);
  }
}, 60_000);

test('a job that depends on another starts after it has succeeded [A9]', async () => {
  const parent = await bed.submit(echo('first', {}, { delaySeconds: 0.3 }));
  const child = await bed.submit(echo('second', { dependsOn: [parent.id] }));
  expect(child).toMatchObject({ status: 'BLOCKED', dependsOn: [parent.id] });
  const ended = await bed.ended(child.id);
  expect(ended.status).toBe('SUCCEEDED');
  expect((ended.startedAt ?? '') >= ((await bed.job(parent.id)).endedAt ?? '-')).toBe(true);
  const late = await bed.submit(echo('third', { dependsOn: [parent.id, child.id] }));
  expect((await bed.ended(late.id)).status).toBe('SUCCEEDED');
}, 60_000);

test('a job whose parent fails does not start, and says which parent [A9]', async () => {
  const parent = await bed.submit({ type: 'chat', payload: { prompt: 'fail, please' } });
  const child = await bed.submit(echo('never', { dependsOn: [parent.id] }));
  const grandchild = await bed.submit(echo('never either', { dependsOn: [child.id] }));
  expect(await bed.ended(parent.id)).toMatchObject({
    status: 'FAILED',
    attempt: 1,
    error: { code: 'provider_refused', message: expect.stringContaining('not like this') },
  });
  const ended = await bed.ended(child.id);
  expect(ended).toMatchObject({ status: 'FAILED', attempt: 0, error: { code: 'dependency_failed' } });
  expect(ended.error?.message).toContain(parent.id);
  expect((await bed.ended(grandchild.id)).error?.message).toContain(child.id);
}, 60_000);

test('stop-all stops every worker and starts none; resume goes on where it was [A8]', async () => {
  const { id, worker } = await running(echo('interrupted', { project: 'halt' }, { delaySeconds: 2 }));
  const pulled = await post<Operation>('/stop-all');
  expect(pulled.status).toBe(202);
  expect(pulled.body).toMatchObject({
    kind: 'stop-all',
    startedBy: 'arn:aws:iam::000000000000:user/local',
  });
  const path = pulled.headers.get('location') ?? '';
  const done = await until('the operation succeeds', async () => {
    const { body } = await bed.call<Operation>('GET', path);
    return body.status === 'SUCCEEDED' ? body : undefined;
  });
  expect(done.stillAlive).toEqual([]);
  expect(isAlive(worker)).toBe(false);
  expect(await bed.job(id)).toMatchObject({ status: 'QUEUED', attempt: 1, failures: 0 });

  const waiting = await bed.submit(echo('must wait', { project: 'halt' }));
  const before = tasksStarted();
  bed.cloud.rules.runDueRulesNow();
  const passes = reconcilerPasses();
  await until('the reconciler has passed twice', () => reconcilerPasses() >= passes + 2 || undefined);
  expect(await bed.job(waiting.id)).toMatchObject({ status: 'QUEUED', attempt: 0 });
  expect(tasksStarted()).toBe(before);

  expect((await post('/resume')).status).toBe(200);
  const jobs = await bed.allEnded('halt', 2);
  expect(jobs.map((job) => [job.id, job.status, job.attempt]).sort()).toEqual(
    [
      [id, 'SUCCEEDED', 2],
      [waiting.id, 'SUCCEEDED', 1],
    ].sort(),
  );
  expect((await bed.call('GET', path)).status).toBe(404);
}, 60_000);
