import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RunTaskCommand, StopTaskCommand } from '@aws-sdk/client-ecs';
import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type LocalCloud, startLocalCloud } from '../../../lib/local/cloud.ts';
import { callApi, makeClients, makeWorkplace, until, type Workplace } from './harness.ts';

let place: Workplace;
let cloud: LocalCloud;
let aws: ReturnType<typeof makeClients>;

beforeAll(async () => {
  place = await makeWorkplace();
  cloud = await startLocalCloud({ assemblyDir: place.assemblyDir, dataDir: place.dataDir, concurrency: 2 });
  aws = makeClients(cloud);
}, 30_000);

afterAll(async () => {
  aws?.destroy();
  await cloud?.close();
  place?.remove();
}, 10_000);

const call = (method: string, path: string, body?: string) =>
  callApi(cloud.url, cloud.clientCredentials, { method, path, ...(body === undefined ? {} : { body }) });

function functionName(part: string): string {
  return cloud.lambda.functionNames().find((name) => name.includes(part)) ?? part;
}

async function misbehave(how: string): Promise<unknown> {
  const outcome = await cloud.lambda.invoke(functionName('Misbehave'), { how });
  return outcome.ok ? JSON.parse(outcome.payload) : outcome.error;
}

describe('the HTTP API', () => {
  test('resolves both spellings of its address to this machine', () => {
    expect(cloud.outputs.ApiUrl).toBe(`${cloud.url}/`);
    expect(cloud.outputs.ApiEndpoint).toBe(cloud.url);
  });

  test('takes a signed request through its function to the table and back', async () => {
    const created = await call('POST', '/jobs', '{"message":"hello"}');
    expect(created.status).toBe(201);
    expect(created.headers.get('x-made-by')).toBe(functionName('Front'));
    const read = await call('GET', '/jobs?pk=job');
    expect(await read.json()).toEqual({ value: { message: 'hello' }, n: 0 });
  });

  test('gives the function a payload of format 2.0 with the verified caller', async () => {
    const response = await call('GET', '/jobs/abc?b=1&a=2');
    const event = (await response.json()) as Record<string, never>;
    expect(event).toMatchObject({
      version: '2.0',
      routeKey: 'GET /jobs/{id}',
      rawPath: '/jobs/abc',
      queryStringParameters: { a: '2', b: '1' },
      pathParameters: { id: 'abc' },
      isBase64Encoded: false,
      requestContext: {
        stage: '$default',
        http: { method: 'GET', path: '/jobs/abc', sourceIp: '127.0.0.1' },
        authorizer: { iam: { userArn: 'arn:aws:iam::000000000000:user/local', accountId: '000000000000' } },
      },
    });
  });

  test('answers 403 without a signature, and 404 where there is no route', async () => {
    expect((await fetch(`${cloud.url}/jobs`)).status).toBe(403);
    const missing = await call('GET', '/elsewhere');
    expect(missing.status).toBe(404);
    expect(await missing.json()).toEqual({ message: 'Not Found' });
  });

  test('opens /worker/ to the worker and to nobody else, and nothing else to the worker', async () => {
    const asWorker = (method: string, path: string) =>
      callApi(cloud.url, cloud.workerCredentials, { method, path });
    expect((await asWorker('POST', '/worker/jobs/1/start')).status).toBe(200);
    expect((await asWorker('GET', '/jobs/abc')).status).toBe(403);
    expect((await asWorker('POST', '/worker%2F..%2Fjobs')).status).toBe(403);
    expect((await call('POST', '/worker/jobs/1/start')).status).toBe(403);
    expect((await call('POST', '/%77orker/jobs/1/start')).status).toBe(403);
    const worker = makeClients({ ...cloud, clientCredentials: cloud.workerCredentials });
    await expect(worker.row('job')).rejects.toMatchObject({ name: 'AccessDeniedException' });
    worker.destroy();
  });
});

describe('a function', () => {
  test('sees the environment of its template and nothing of this process', async () => {
    const { environment, context } = (await misbehave('environment')) as Record<
      string,
      Record<string, unknown>
    >;
    expect(environment).toMatchObject({
      AWS_ENDPOINT_URL: cloud.url,
      AWS_REGION: 'us-east-1',
      AWS_LAMBDA_FUNCTION_NAME: functionName('Misbehave'),
      AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${functionName('Misbehave')}`,
      TABLE_NAME: cloud.outputs.TableName,
    });
    expect(Object.keys(environment ?? {})).not.toContain('JEST_WORKER_ID');
    expect(context).toMatchObject({ functionName: functionName('Misbehave'), memoryLimitInMB: '128' });
  });

  test('that throws, exits or crashes is an error, and the next call works', async () => {
    expect(await misbehave('throw')).toMatchObject({ errorType: 'TypeError', errorMessage: 'no' });
    expect(await misbehave('exit')).toMatchObject({ errorType: 'Runtime.ExitError' });
    expect(await misbehave('crash')).toMatchObject({ errorMessage: expect.stringContaining('late') });
    expect(await misbehave('work')).toEqual({ how: 'work' });
  });

  test('that hangs or spins is ended by its timeout', async () => {
    const [hung, spun] = await Promise.all([misbehave('hang'), misbehave('spin')]);
    for (const error of [hung, spun]) {
      expect(error).toMatchObject({
        errorMessage: expect.stringContaining('Task timed out after 1.00 seconds'),
      });
    }
  });

  test('answers events one at a time per thread, several threads at once', async () => {
    const outcomes = await Promise.all(Array.from({ length: 12 }, (_, index) => misbehave(`call ${index}`)));
    expect(outcomes).toEqual(Array.from({ length: 12 }, (_, index) => ({ how: `call ${index}` })));
  });
});

describe('an event source', () => {
  test('deletes what succeeded and brings back what the function reports as failed', async () => {
    const sqs = new SQSClient({
      endpoint: cloud.url,
      region: 'us-east-1',
      credentials: cloud.clientCredentials,
    });
    const bodies = ['good', 'bad', 'record'];
    const Entries = bodies.map((MessageBody, index) => ({ Id: String(index), MessageBody }));
    await sqs.send(new SendMessageBatchCommand({ QueueUrl: cloud.outputs.QueueUrl, Entries }));
    sqs.destroy();
    await until('the bad message comes back', async () =>
      (await aws.row('seen bad'))?.n === 2 ? true : undefined,
    );
    expect((await aws.row('seen good'))?.n).toBe(1);
    expect((await aws.row('record'))?.value).toEqual({
      messageId: expect.any(String),
      receiptHandle: expect.any(String),
      body: 'record',
      attributes: expect.objectContaining({
        ApproximateReceiveCount: '1',
        SentTimestamp: expect.any(String),
      }),
      messageAttributes: {},
      md5OfBody: 'de17f0f24b49f8364187891f8550ffbb',
      eventSource: 'aws:sqs',
      eventSourceARN: expect.stringMatching(/^arn:aws:sqs:us-east-1:000000000000:Sample-Jobs/),
      awsRegion: 'us-east-1',
    });
  });
});

describe('a task', () => {
  test('runs with exactly its environment, and its end reaches the rule', async () => {
    const [arn = ''] = await aws.run({ env: { JOB_ID: 'job-1' } });
    const stopped = await aws.reaches(arn, 'STOPPED');
    expect(stopped).toMatchObject({ stopCode: 'EssentialContainerExited', desiredStatus: 'STOPPED' });
    expect(stopped.containers?.[0]).toMatchObject({ exitCode: 0, lastStatus: 'STOPPED' });
    const id = arn.split('/').at(-1) ?? '';
    const event = await until('the event arrives', async () => (await aws.row(`stopped ${arn}`))?.value);
    expect(event).toMatchObject({
      source: 'aws.ecs',
      detail: { taskArn: arn, containers: [{ exitCode: 0 }] },
    });
    const seen = await until('the log is written', () => firstLogLine(id));
    expect(Object.keys(seen.environment).sort()).toEqual([
      'AWS_ACCESS_KEY_ID',
      'AWS_ENDPOINT_URL',
      'AWS_REGION',
      'AWS_SECRET_ACCESS_KEY',
      'FROM_TEMPLATE',
      'HOME',
      'JOB_ID',
      'PATH',
      'TABLE_NAME',
      'TMPDIR',
    ]);
    expect(seen.cwd).toBe(seen.environment.HOME);
  });

  test('is started once for one client token, and refused for other parameters', async () => {
    const once = { env: { JOB_ID: 'a' }, clientToken: 'job-1-attempt-1' };
    const [first, second] = await Promise.all([aws.run(once), aws.run(once)]);
    expect(second).toEqual(first);
    await expect(aws.run({ ...once, env: { JOB_ID: 'b' } })).rejects.toMatchObject({
      name: 'ConflictException',
      resourceIds: first,
    });
  });

  test('is stopped by SIGTERM, or by SIGKILL after its stop timeout', async () => {
    const [[polite = ''], [stubborn = '']] = await Promise.all([
      aws.run({ env: { MODE: 'polite' } }),
      aws.run({ env: { MODE: 'stubborn' } }),
    ]);
    for (const arn of [polite, stubborn]) {
      await until(
        'the worker listens',
        () => readLog(arn.split('/').at(-1) ?? '').includes('ready') || undefined,
      );
      const answer = await aws.ecs.send(
        new StopTaskCommand({ cluster: aws.cluster, task: arn, reason: 'enough' }),
      );
      expect(answer.task).toMatchObject({ lastStatus: 'RUNNING', desiredStatus: 'STOPPED' });
    }
    const bye = await aws.reaches(polite, 'STOPPED');
    expect(bye).toMatchObject({
      stopCode: 'UserInitiated',
      stoppedReason: 'enough',
      containers: [{ exitCode: 0 }],
    });
    expect((await aws.reaches(stubborn, 'STOPPED')).containers?.[0]?.exitCode).toBe(137);
  });

  test('waits for a free place, and is stopped there without ever starting', async () => {
    const arns = await aws.run({ env: { MODE: 'polite' }, count: 3 });
    const [, , last = ''] = arns;
    await aws.reaches(arns[1] ?? '', 'RUNNING');
    expect((await aws.describe(last))?.lastStatus).toBe('PENDING');
    for (const task of [...arns].reverse())
      await aws.ecs.send(new StopTaskCommand({ cluster: aws.cluster, task }));
    const stopped = await aws.reaches(last, 'STOPPED');
    expect(stopped.startedAt).toBeUndefined();
    expect(stopped).toMatchObject({ stopCode: 'UserInitiated' });
    for (const arn of arns) await aws.reaches(arn, 'STOPPED');
  });

  test('of an unknown cluster or definition is refused as ECS does', async () => {
    const taskDefinition = cloud.outputs.TaskDefinitionArn;
    await expect(aws.ecs.send(new RunTaskCommand({ cluster: 'no', taskDefinition }))).rejects.toMatchObject({
      name: 'ClusterNotFoundException',
    });
    await expect(
      aws.ecs.send(new RunTaskCommand({ cluster: aws.cluster, taskDefinition: 'no' })),
    ).rejects.toMatchObject({ name: 'ClientException' });
  });
});

test('a scheduled rule reaches its function with its input', async () => {
  cloud.rules.runDueRulesNow();
  expect(await until('the tick arrives', async () => (await aws.row('tick'))?.value)).toEqual({
    tick: 'minute',
  });
});

test('a second cloud on the same data folder is refused with the reason', async () => {
  const second = startLocalCloud({ assemblyDir: place.assemblyDir, dataDir: place.dataDir });
  await expect(second).rejects.toThrow(/in use by another local cloud/);
  expect((await call('GET', '/jobs/still-here')).status).toBe(200);
});

function readLog(id: string): string {
  try {
    const group = 'Sample-WorkerLogsC1193B08';
    return readFileSync(join(place.dataDir, 'logs', group, `job~worker~${id}.log`), 'utf8');
  } catch {
    return '';
  }
}

function firstLogLine(id: string): { environment: Record<string, string>; cwd: string } | undefined {
  const line = readLog(id).split('\n')[0] ?? '';
  return line === '' ? undefined : JSON.parse(line.slice(line.indexOf('{')));
}
