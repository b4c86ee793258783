import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type ChatResult, chatResult, type EchoResult, jobView } from '../../../lib/contracts/job-view.ts';
import { priceOf } from '../../../lib/core/money/price.ts';
import { until } from './client.ts';
import { type Bed, briskSettings, setProviderKey, startBed } from './harness.ts';
import { environmentOf, isAlive, processOf } from './processes.ts';

/** The environment of another process can be read on Linux only. */
const testWithProc = existsSync('/proc/self/environ') ? test : test.skip;

let bed: Bed;
beforeAll(async () => {
  bed = await startBed();
  await setProviderKey(bed);
}, 120_000);
afterAll(() => bed?.close(), 20_000);

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const traceId = '0af7651916cd43dd8448eb211c80319c';
const traceparent = `00-${traceId}-b7ad6b7169203331-01`;

test('an echo job goes from a signed request through queue, worker and bucket to its result [A1] [A2] [A3] [A4]', async () => {
  const request = { type: 'echo', payload: { message: 'through every part' }, project: 'way' };
  const submitted = await bed.call<{ id: string }>('POST', '/jobs', request, { headers: { traceparent } });
  expect(submitted.status).toBe(201);
  const accepted = jobView.parse(submitted.body);
  expect(submitted.headers.get('location')).toBe(`/jobs/${accepted.id}`);
  expect(accepted).toMatchObject({ type: 'echo', status: 'QUEUED', project: 'way', attempt: 0, costUsd: 0 });

  const job = jobView.parse(await bed.ended(accepted.id));
  expect(job).toMatchObject({ status: 'SUCCEEDED', attempt: 1, failures: 0 });
  expect(job.error).toBeUndefined();

  const result = await bed.result<EchoResult>(job.id);
  expect(result).toEqual({
    message: 'through every part',
    processedBy: expect.stringMatching(/^.+\/[0-9a-f]{8}$/),
    processedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
  });

  const row = await bed.row(job.id);
  const key = `projects/way/jobs/${job.id}/attempts/1/result.json`;
  const stored = await bed.object(key);
  expect(JSON.parse(stored)).toEqual(result);
  expect(row).toMatchObject({
    status: 'SUCCEEDED',
    attempt: 1,
    interruptions: 0,
    traceparent,
    callerArn: 'arn:aws:iam::000000000000:user/local',
    taskArn: job.links.taskArn,
    result: { key, sha256: sha256(stored), bytes: Buffer.byteLength(stored) },
  });
  expect(JSON.parse(await bed.object(row.inputKey))).toEqual({
    type: 'echo',
    payload: { message: 'through every part', delaySeconds: 0 },
  });
  expect(job.links.s3Uri).toBe(`s3://${bed.cloud.outputs.BucketName}/${key}`);

  const task = await bed.task(job.links.taskArn ?? '');
  expect(task).toMatchObject({ startedBy: `${job.id}/1`, launchType: 'FARGATE' });
  const taskId = task.taskArn?.split('/').at(-1);
  expect(job.links).toMatchObject({
    logGroup: bed.cloud.outputs.WorkerLogGroup,
    logStream: `worker/worker/${taskId}`,
  });
  // The row has ended before the worker has said so.
  const lines = await until('the worker has ended', async () => {
    const found = await bed.logLines(job);
    return found.some(({ message }) => message === 'attempt ended') ? found : undefined;
  });
  expect(lines.map(({ message }) => message)).toEqual(['attempt started', 'attempt ended']);
  for (const line of lines) expect(line).toMatchObject({ job: job.id, attempt: 1, traceId });
}, 60_000);

test('a job that has ended holds no slot, and nothing is left to deliver', async () => {
  const { id } = await bed.submit({ type: 'echo', payload: { message: 'leaves nothing' } });
  const row = await bed.settled(id);
  expect(row).not.toHaveProperty('dueAtMs');
  expect(row).not.toHaveProperty('queuedKey');
  const { held } = (await bed.item('SLOTS', 'SLOTS')) as { held: object };
  expect(Object.keys(held)).not.toContain(`${id}#1`);
}, 60_000);

testWithProc(
  'the worker is a process that is told its JOB_ID, and has no key of an AWS service but its own [A2]',
  async () => {
    const { id } = await bed.submit({ type: 'echo', payload: { message: 'look', delaySeconds: 600 } });
    const { links } = await bed.becomes(id, 'RUNNING');
    const found = processOf(bed.dataDir, links.taskArn ?? '');
    if (!found) throw new Error('the task has no process');
    expect(isAlive(found)).toBe(true);
    const environment = environmentOf(found.pid);
    expect(environment).toMatchObject({ JOB_ID: id, MUSTER_ATTEMPT: '1', MUSTER_API_URL: bed.cloud.url });
    expect(Object.keys(environment)).not.toContain('JEST_WORKER_ID');
    const credentials = {
      accessKeyId: environment.AWS_ACCESS_KEY_ID ?? '',
      secretAccessKey: environment.AWS_SECRET_ACCESS_KEY ?? '',
    };
    expect((await bed.call('GET', `/jobs/${id}`, undefined, { credentials })).status).toBe(403);
    await bed.call('POST', `/jobs/${id}/cancel`);
    await bed.ended(id);
  },
  60_000,
);

test('a chat job asks for the model, system prompt and length of its request, and pays for it [A4] [A7]', async () => {
  const job = await bed.submit(
    {
      type: 'chat',
      payload: { prompt: 'What is a muster?' },
      model: 'claude-haiku-5-5',
      system: 'Answer like a shepherd.',
      maxTokens: 321,
      project: 'talk',
    },
    { traceparent },
  );
  const ended = await bed.ended(job.id);
  expect(ended).toMatchObject({ status: 'SUCCEEDED', attempt: 1, model: 'claude-haiku-5-5' });
  expect(bed.modelRequests).toHaveLength(1);
  expect(bed.modelRequests[0]).toMatchObject({
    model: 'claude-haiku-5-5',
    max_tokens: 321,
    stream: true,
    messages: [{ role: 'user', content: [{ type: 'text', text: 'What is a muster?' }] }],
  });
  expect(JSON.stringify(bed.modelRequests[0]?.system)).toContain('Answer like a shepherd.');

  const result = chatResult.parse(await bed.result<ChatResult>(job.id));
  expect(result).toMatchObject({ model: 'claude-haiku-5-5', stopReason: 'end_turn', offline: true });
  expect(result.text).toContain('What is a muster?');
  const events = await bed.call<{ items: Record<string, unknown>[] }>('GET', `/jobs/${job.id}/events`);
  const said = events.body.items.map(({ text = '' }) => text).join('');
  expect(said).toBe(result.text);
  expect(events.body.items.map(({ seq }) => seq)).toEqual(events.body.items.map((_, index) => index + 1));

  const costMicroUsd = priceOf('claude-haiku-5-5', result.usage);
  expect(costMicroUsd).toBeGreaterThan(0);
  expect(result.costUsd).toBe(costMicroUsd / 1_000_000);
  expect(ended).toMatchObject({ usage: result.usage, costUsd: result.costUsd });
  expect(await bed.row(job.id)).toMatchObject({ spentMicroUsd: costMicroUsd, reservations: [] });
  const month = `MONTH#${new Date().toISOString().slice(0, 7)}`;
  await until('what was not spent is given back', async () => {
    const found = await bed.item('PROJECT#talk', month);
    return found?.committedMicroUsd === costMicroUsd ? found : undefined;
  });
  expect(await bed.item(`JOB#${job.id}`, 'LEDGER#1/chat/1')).toMatchObject({ microUsd: costMicroUsd });
  for (const line of await bed.logLines(ended)) expect(line).toMatchObject({ job: job.id, traceId });
}, 60_000);

test('the spelling of the sandbox guide is understood [A4]', async () => {
  const before = bed.modelRequests.length;
  const echo = await bed.submit({ job_type: 'echo', payload: { message: 'as the guide says' } });
  const chat = await bed.submit({
    job_type: 'claude_chat',
    payload: {
      prompt: 'Summarise this.',
      system: 'Be brief.',
      model: 'claude-sonnet-4-6',
      max_tokens: 200,
    },
  });
  expect(echo.type).toBe('echo');
  expect(chat.type).toBe('chat');
  await Promise.all([bed.ended(echo.id), bed.ended(chat.id)]);
  expect((await bed.result<EchoResult>(echo.id)).message).toBe('as the guide says');
  expect((await bed.result<ChatResult>(chat.id)).model).toBe('claude-sonnet-4-6');
  expect(bed.modelRequests[before]).toMatchObject({ model: 'claude-sonnet-4-6', max_tokens: 200 });
}, 60_000);

test('twenty jobs run side by side, each in a worker of its own, and no result is mixed up [A2] [A3]', async () => {
  const messages = Array.from({ length: 20 }, (_, index) => `message ${index} ${'x'.repeat(index)}`);
  const submitted = await Promise.all(
    messages.map((message) =>
      bed.submit({ type: 'echo', payload: { message, delaySeconds: 0.2 }, project: 'many' }),
    ),
  );
  const ended = new Map((await bed.allEnded('many', 20)).map((job) => [job.id, job]));
  const jobs = submitted.map((job) => ended.get(job.id) ?? job);
  expect(jobs.map(({ status, attempt }) => `${status} ${attempt}`)).toEqual(
    messages.map(() => 'SUCCEEDED 1'),
  );
  const results = await Promise.all(jobs.map(({ id }) => bed.result<EchoResult>(id)));
  expect(results.map(({ message }) => message)).toEqual(messages);
  expect(new Set(results.map(({ processedBy }) => processedBy)).size).toBe(20);
  expect(new Set(jobs.map(({ links }) => links.taskArn)).size).toBe(20);
  expect(new Set(jobs.map(({ links }) => links.logStream)).size).toBe(20);
  const most = mostAtOnce(
    jobs.map(({ startedAt = '', endedAt = '' }) => [Date.parse(startedAt), Date.parse(endedAt)]),
  );
  expect(most).toBeGreaterThan(1);
  expect(most).toBeLessThanOrEqual(briskSettings.maxConcurrentWorkers);
}, 90_000);

/** The largest number of spans that hold one instant. */
function mostAtOnce(spans: [number, number][]): number {
  return Math.max(...spans.map(([at]) => spans.filter(([from, to]) => from <= at && at < to).length));
}
