import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { EchoResult, JobView } from '../../../lib/contracts/job-view.ts';
import type { ProcessIdentity } from '../../../lib/local/process-identity.ts';
import { until } from './client.ts';
import { type CloudProcess, hastySettings, makePlace, type Place, spawnCloud } from './harness.ts';
import { isAlive, processOf, workersOf } from './processes.ts';

let place: Place;
let cloud: CloudProcess;

beforeAll(async () => {
  place = await makePlace(hastySettings);
  cloud = await spawnCloud(place);
}, 120_000);
afterAll(async () => {
  await cloud?.end('SIGTERM');
  place?.remove();
}, 20_000);

const echo = (message: string, more: object = {}, delaySeconds = 0) => ({
  type: 'echo',
  payload: { message, delaySeconds },
  ...more,
});

async function running(request: object): Promise<{ job: JobView; worker: ProcessIdentity }> {
  const { id } = await cloud.submit(request);
  const job = await cloud.becomes(id, 'RUNNING');
  const worker = processOf(place.dataDir, job.links.taskArn ?? '');
  if (!worker) throw new Error('the task has no process');
  return { job, worker };
}

/** How often each job was said to have ended, by all functions together. */
async function endingsByJob(): Promise<Map<string, number>> {
  const { logGroups } = await cloud.callService<{ logGroups: { logGroupName: string }[] }>(
    'logs',
    'Logs_20140328.DescribeLogGroups',
    {},
  );
  const endings = new Map<string, number>();
  for (const { logGroupName } of logGroups) {
    const input = { logGroupName, filterPattern: '"job ended"' };
    const { events } = await cloud.callService<{ events: { message: string }[] }>(
      'logs',
      'Logs_20140328.FilterLogEvents',
      input,
    );
    for (const { message } of events) {
      const { job } = JSON.parse(message) as { job: string };
      endings.set(job, (endings.get(job) ?? 0) + 1);
    }
  }
  return endings;
}

test('fifty jobs survive the kill of the cloud that runs them, and each ends once [A2] [A3]', async () => {
  const messages = Array.from({ length: 50 }, (_, index) => `storm ${index}`);
  const submitted = new Map<string, string>();
  for (let from = 0; from < 50; from += 10) {
    const batch = messages.slice(from, from + 10);
    // One of them is sure to be at work when the cloud is killed.
    const requests = batch.map((message) =>
      echo(message, { project: 'storm' }, message === 'storm 6' ? 2 : 0.1),
    );
    const jobs = await Promise.all(requests.map((request) => cloud.submit(request)));
    for (const [index, { id }] of jobs.entries()) submitted.set(id, batch[index] ?? '');
  }
  const [lengthy = ''] = [...submitted].find(([, message]) => message === 'storm 6') ?? [];
  const { links } = await cloud.becomes(lengthy, 'RUNNING');
  const orphan = processOf(place.dataDir, links.taskArn ?? '');
  if (!orphan) throw new Error('the task has no process');
  expect(await cloud.end('SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' });
  expect(isAlive(orphan)).toBe(true);

  cloud = await spawnCloud(place);
  expect(isAlive(orphan)).toBe(false);
  const jobs = await cloud.allEnded('storm', 50);
  expect(jobs).toHaveLength(50);
  for (const job of jobs) expect(job).toMatchObject({ status: 'SUCCEEDED', project: 'storm' });
  expect((await cloud.job(lengthy)).attempt).toBeGreaterThan(1);
  for (const { id, attempt, links } of jobs) {
    expect((await cloud.result<EchoResult>(id)).message).toBe(submitted.get(id));
    expect(links.s3Uri).toMatch(new RegExp(`/jobs/${id}/attempts/${attempt}/result\\.json$`));
  }
  const endings = await endingsByJob();
  for (const id of submitted.keys()) expect(endings.get(id) ?? 0).toBeLessThanOrEqual(1);
  await Promise.all(jobs.map(({ id }) => cloud.settled(id)));
  expect(await cloud.item('SLOTS', 'SLOTS')).toMatchObject({ held: {} });
  await until('all workers are gone', () => workersOf(place.dataDir).length === 0 || undefined);
}, 120_000);

test('a worker that is killed costs an attempt, and the next one does the work [A9]', async () => {
  const { job, worker } = await running(echo('killed once', {}, 1.5));
  process.kill(worker.pid, 'SIGKILL');
  const ended = await cloud.ended(job.id);
  expect(ended).toMatchObject({ status: 'SUCCEEDED', attempt: 2, failures: 1 });
  expect(await cloud.task(job.links.taskArn ?? '')).toMatchObject({ containers: [{ exitCode: 137 }] });
  expect(await cloud.objectKeys(`projects/default/jobs/${job.id}/`)).toEqual([
    `projects/default/jobs/${job.id}/attempts/2/result.json`,
  ]);
}, 60_000);

test('a worker that is killed in its last attempt fails the job, which says so [A9]', async () => {
  const { job, worker } = await running(echo('killed', { maxAttempts: 1 }, 600));
  process.kill(worker.pid, 'SIGKILL');
  expect(await cloud.ended(job.id)).toMatchObject({
    status: 'FAILED',
    error: { code: 'worker_lost', message: expect.stringContaining('137') },
  });
}, 60_000);

test('a worker that freezes beyond its lease loses the job; thawed, it changes nothing and goes [A9]', async () => {
  const { job, worker } = await running(echo('frozen', {}, 1.5));
  process.kill(worker.pid, 'SIGSTOP');
  const lost = await cloud.becomes(job.id, 'STOPPING');
  expect(lost.attempt).toBe(1);
  expect(isAlive(worker)).toBe(true);
  process.kill(worker.pid, 'SIGCONT');
  const ended = await cloud.ended(job.id);
  expect(ended).toMatchObject({ status: 'SUCCEEDED', attempt: 2, failures: 1 });
  expect(isAlive(worker)).toBe(false);
  const { containers = [] } = await cloud.task(job.links.taskArn ?? '');
  // It went by itself: the grace before SIGKILL is two minutes.
  expect([0, 1]).toContain(containers[0]?.exitCode);
  expect(await cloud.objectKeys(`projects/default/jobs/${job.id}/`)).toEqual([
    `projects/default/jobs/${job.id}/attempts/2/result.json`,
  ]);
}, 60_000);

test('a cloud that is told to stop leaves no process, and its jobs go on in the next [A2]', async () => {
  const { job, worker } = await running(echo('across a restart', {}, 600));
  expect(await cloud.end('SIGTERM')).toEqual({ code: 0, signal: null });
  expect(isAlive(worker)).toBe(false);
  expect(workersOf(place.dataDir)).toEqual([]);

  cloud = await spawnCloud(place);
  const again = await cloud.reaches(
    job.id,
    ({ status, attempt }) => status === 'RUNNING' && attempt === 2,
    'runs again',
  );
  expect(again.failures).toBe(0);
  await cloud.call('POST', `/jobs/${job.id}/cancel`);
  expect((await cloud.ended(job.id)).status).toBe('CANCELLED');
}, 60_000);
