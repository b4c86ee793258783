import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Problem } from '../../../lib/contracts/job-view.ts';
import type { StartReply, WorkerUploadsReply } from '../../../lib/contracts/worker-protocol.ts';
import {
  type Assignment,
  badWorkerCalls,
  type Known,
  reserve,
  sessionCalls,
  sessionOf,
  startOf,
} from './bad-worker-calls.ts';
import { type Bed, briskSettings, guestArn, startBed } from './harness.ts';
import { type CraftedCall, type FunctionReply, httpEvent } from './http-event.ts';

/** The worker protocol, spoken by the test itself: in this cloud no task ever gets a process. */
let bed: Bed;
let known: Known;

beforeAll(async () => {
  const patient = { ...briskSettings.timings, leaseSeconds: 600, startSeconds: 600 };
  bed = await startBed({
    concurrency: 0,
    environment: { TIMINGS: JSON.stringify(patient), FORCE_FARGATE: 'true' },
  });
  const mine = await started({
    type: 'chat',
    payload: { prompt: 'hi', model: 'claude-haiku-4-5' },
    budgetUsd: 0.01,
  });
  const unstarted = await assigned();
  const stopping = await started();
  known = { mine, unstarted, stopping };
  await hideTask(stopping.jobId);
  await bed.call('POST', `/jobs/${stopping.jobId}/cancel`);
}, 120_000);
afterAll(() => bed?.close(), 20_000);

/** A job that the dispatcher has handed to a task; the ticket is what the task's container would be given. */
async function assigned(request: object = { type: 'echo', payload: { message: 'hi' } }): Promise<Assignment> {
  const { id } = await bed.submit(request);
  const { attempt, links } = await bed.reaches(id, (job) => job.links.taskArn !== undefined, 'has a task');
  const { overrides } = await bed.task(links.taskArn ?? '');
  const environment = overrides?.containerOverrides?.[0]?.environment ?? [];
  const ticket = environment.find(({ name }) => name === 'MUSTER_TICKET')?.value ?? '';
  return { jobId: id, attempt, ticket };
}

async function started(request?: object): Promise<Known['mine']> {
  const assignment = await assigned(request);
  const { body } = await worker<StartReply>('start', startOf(assignment));
  return { ...assignment, session: body.session };
}

/** Makes ECS unable to say that the task is gone, for longer than any test: the job stays STOPPING. */
async function hideTask(jobId: string): Promise<void> {
  await bed.callService('dynamodb', 'DynamoDB_20120810.UpdateItem', {
    TableName: bed.cloud.outputs.TableName,
    Key: { pk: { S: `JOB#${jobId}` }, sk: { S: 'JOB' } },
    UpdateExpression: 'SET taskArn = :nobody, claimedAtMs = :later',
    ExpressionAttributeValues: {
      ':nobody': { S: 'arn:aws:ecs:us-east-1:000000000000:task/nobody' },
      ':later': { N: String(Date.now() + 3_600_000) },
    },
  });
}

function worker<T = Problem>(name: string, document?: unknown, raw?: string) {
  const credentials = bed.cloud.workerCredentials;
  return bed.call<T>('POST', `/worker/${name}`, document, {
    credentials,
    ...(raw === undefined ? {} : { raw }),
  });
}

/** All that is stored, to the letter, but for the job whose stop is being looked after. */
async function stored(): Promise<string[]> {
  const items = (await bed.items()).filter(({ id }) => id !== known.stopping.jobId);
  const plain = (_: string, value: unknown) => (value instanceof Set ? [...value] : value);
  return [...items.map((item) => JSON.stringify(item, plain)), ...(await bed.objectKeys())].sort();
}

describe('a call of a worker is refused, and changes nothing', () => {
  let before: string[];
  beforeAll(async () => {
    before = await stored();
  });

  test.each(badWorkerCalls)('$call: $what', async ({ call, body, status, code, says }) => {
    const reply = await worker(call, body(known));
    expect([reply.status, reply.body?.code]).toEqual([status, code]);
    expect(reply.headers.get('content-type')).toBe('application/problem+json');
    expect(`${reply.body.detail} ${reply.body.remedy}`).toContain(says);
    expect(reply.text).not.toContain(known.mine.ticket);
    expect(reply.text).not.toContain(known.mine.session);
    expect(await stored()).toEqual(before);
  });

  test.each([
    ['nothing', '', 'empty'],
    ['half a document', '{', 'not JSON'],
    ['a list', '[]', 'expected object'],
    ['ten thousand levels', `${'['.repeat(10_000)}${']'.repeat(10_000)}`, 'expected object'],
  ])('any call: %s for a body', async (_, raw, says) => {
    for (const name of ['start', ...Object.keys(sessionCalls)]) {
      const reply = await worker(name, undefined, raw);
      expect([reply.status, reply.body.code]).toEqual([400, 'invalid_request']);
      expect(reply.body.detail).toContain(says);
    }
    expect(await stored()).toEqual(before);
  });

  test('a call that does not exist', async () => {
    const reply = await worker('secrets', sessionOf(known.mine));
    expect([reply.status, reply.body.code]).toEqual([404, 'unknown_route']);
  });
});

describe('the border between clients and workers [A10]', () => {
  test('a client may not speak the worker protocol', async () => {
    const before = await stored();
    for (const name of ['start', ...Object.keys(sessionCalls)]) {
      const reply = await bed.call('POST', `/worker/${name}`, startOf(known.unstarted));
      expect([reply.status, reply.body]).toEqual([403, { message: 'Forbidden' }]);
    }
    expect(await stored()).toEqual(before);
  });

  test('a worker may not act as a client', async () => {
    const before = await stored();
    const credentials = bed.cloud.workerCredentials;
    const tries: [method: string, path: string, body?: object][] = [
      ['GET', '/health'],
      ['GET', '/jobs'],
      ['GET', `/jobs/${known.mine.jobId}`],
      ['POST', `/jobs/${known.mine.jobId}/cancel`],
      ['POST', '/jobs', { type: 'echo', payload: { message: 'more of me' } }],
      ['POST', '/stop-all'],
    ];
    for (const [method, path, body] of tries)
      expect((await bed.call(method, path, body, { credentials })).status).toBe(403);
    expect(await stored()).toEqual(before);
  });

  test('each function refuses the other side by itself, should the gateway ever let it in', async () => {
    const before = await stored();
    const asWorker = { method: 'GET', path: '/health', userArn: await workerSessionArn() };
    expect(await invoke('Orchestrator', asWorker)).toMatchObject({
      statusCode: 403,
      problem: { code: 'forbidden', detail: expect.stringContaining('/worker/*') },
    });
    const unsigned = { method: 'POST', path: '/worker/start', body: startOf(known.unstarted) };
    expect(await invoke('WorkerApi', { ...unsigned, userArn: guestArn })).toMatchObject({
      statusCode: 403,
      problem: { code: 'forbidden' },
    });
    expect(await invoke('WorkerApi', unsigned)).toMatchObject({
      statusCode: 403,
      problem: { code: 'unauthenticated' },
    });
    expect(await stored()).toEqual(before);
  });

  async function invoke(part: string, call: CraftedCall) {
    const name = bed.cloud.lambda.functionNames().find((one) => one.includes(part)) ?? part;
    const outcome = await bed.cloud.lambda.invoke(name, httpEvent(call));
    if (!outcome.ok) throw new Error(outcome.error.errorMessage);
    const { statusCode, body } = JSON.parse(outcome.payload) as FunctionReply;
    return { statusCode, problem: JSON.parse(body) as Problem };
  }

  async function workerSessionArn(): Promise<string> {
    const { links } = await bed.job(known.unstarted.jobId);
    const { taskDefinitionArn } = await bed.task(links.taskArn ?? '');
    const { taskDefinition } = await bed.callService<{ taskDefinition: { taskRoleArn: string } }>(
      'ecs',
      'AmazonEC2ContainerServiceV20141113.DescribeTaskDefinition',
      { taskDefinition: taskDefinitionArn },
    );
    const role = taskDefinition.taskRoleArn.split('/').at(-1);
    return `arn:aws:sts::000000000000:assumed-role/${role}/task`;
  }
});

test('a start that its own instance repeats gets the same session again', async () => {
  const again = await worker<StartReply>('start', startOf(known.mine));
  expect([again.status, again.body.session]).toEqual([200, known.mine.session]);
});

test('the first end of an attempt is the end, and its result is written once', async () => {
  const text = 'the result';
  const result = { sha256: createHash('sha256').update(text).digest('hex'), bytes: text.length };
  const own = sessionOf(known.mine);
  const files = [{ name: 'result.json', ...result }];
  const [target] = (await worker<WorkerUploadsReply>('uploads', { ...own, files })).body.files;
  if (!target) throw new Error('no address');
  const put = (body: string) => fetch(target.url, { method: 'PUT', headers: target.headers, body });
  expect((await put('a forgery!')).status).toBe(400);
  expect((await put(text)).status).toBe(200);
  expect((await put(text)).status).toBe(412);

  const finish = (outcome: object) => worker<{ status: string }>('finish', { ...own, outcome });
  expect((await finish({ kind: 'succeeded', result })).body).toEqual({ status: 'SUCCEEDED' });
  const settled = await bed.settled(known.mine.jobId);
  expect((await finish({ kind: 'interrupted', reason: 'too late' })).body).toEqual({ status: 'SUCCEEDED' });
  for (const [name, rest] of Object.entries({ ...sessionCalls, turn: { reserve }, finish: undefined })) {
    if (rest) expect((await worker(name, { ...own, ...rest })).body.code).toBe('stale_attempt');
  }
  expect(await bed.row(known.mine.jobId)).toEqual(settled);
}, 30_000);
