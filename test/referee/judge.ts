import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DescribeTasksCommand, ListTasksCommand, type Task } from '@aws-sdk/client-ecs';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { DeleteMessageCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import type { JobView } from '../../lib/contracts/job-view.ts';
import type { Template } from '../../lib/local/template.ts';
import type { Functions } from './functions.ts';
import { motoAccount } from './moto.ts';
import { type Aws, region } from './resources.ts';

export interface Case {
  aws: Aws;
  template: Template;
  functions: Functions;
  workerKey: { accessKeyId: string; secretAccessKey: string };
  /** Of what functions and workers write; shown only where something failed. */
  onLine(line: string): void;
}

const userArn = `arn:aws:iam::${motoAccount}:user/referee`;

/** What the tests of the local cloud do, step by step, with moto in its place. Returns how many steps failed. */
export async function judge(given: Case): Promise<number> {
  let failures = 0;
  const step = async (what: string, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
      console.log(`  ok      ${what}`);
    } catch (error) {
      failures += 1;
      console.log(`  FAILED  ${what}: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  const hands = makeHands(given);
  let job: JobView | undefined;
  const echo = { type: 'echo', payload: { message: 'before the referee' } };
  await step('POST /jobs stores the input and the row', async () => {
    job = await hands.submit(echo, 'first');
  });
  await step('the same request again makes no second job', async () => {
    assert.equal((await hands.submit(echo, 'first', 200)).id, job?.id);
  });
  await step('the message wakes the dispatcher, which starts one task with JOB_ID', async () => {
    const task = await hands.dispatch(job);
    assert.equal(task.startedBy, `${job?.id}/1`);
    assert.equal(hands.environmentOf(task).JOB_ID, job?.id);
  });
  await step('the worker does the job', async () => {
    assert.equal(await hands.work(job), 0);
    assert.partialDeepStrictEqual(await hands.read(job), { status: 'SUCCEEDED', attempt: 1 });
  });
  await step('the result lies in the bucket, and the API returns it', async () => {
    const { links } = await hands.read(job);
    const stored = await hands.object(links.s3Uri ?? '');
    assert.equal(JSON.parse(stored).message, 'before the referee');
    assert.equal((await hands.get(`/jobs/${job?.id}/result`)).text, stored);
  });
  await step('a chat gets its key from the secret, reserves, settles and says what it cost', async () => {
    const chat = await hands.submit({ type: 'chat', payload: { prompt: 'Who are you?' } }, 'chat');
    await hands.dispatch(chat);
    assert.equal(await hands.work(chat), 0);
    const ended = await hands.read(chat);
    assert.equal(ended.status, 'SUCCEEDED');
    assert.ok(ended.costUsd > 0, `costUsd is ${ended.costUsd}`);
    const { body } = await hands.get(`/jobs/${chat.id}/events`);
    assert.ok((body as { items: object[] }).items.length > 1, 'no events');
  });
  await step('a cancelled task is stopped, and the job ends when ECS says that it is gone', async () => {
    const doomed = await hands.submit(echo, 'doomed');
    await hands.dispatch(doomed);
    const cancelled = await hands.post(`/jobs/${doomed.id}/cancel`);
    assert.equal(cancelled.status, 202);
    const task = await hands.task(doomed);
    assert.equal(task.desiredStatus, 'STOPPED');
    await hands.tellOfStop(task);
    assert.partialDeepStrictEqual(await hands.read(doomed), { status: 'CANCELLED', attempt: 1 });
  });
  await step('the lists come from the index', async () => {
    const { body } = await hands.get('/jobs', 'status=SUCCEEDED');
    assert.equal((body as { items: object[] }).items.length, 2);
  });
  await step('a pass of the reconciler finds nothing that fails, and no slot is held', async () => {
    assert.partialDeepStrictEqual(await given.functions.invoke('Reconciler', {}), {
      failed: 0,
      freedSlots: 0,
    });
    const stopped = await hands.post('/stop-all');
    assert.partialDeepStrictEqual(stopped.body, { status: 'SUCCEEDED', stillAlive: [] });
    assert.equal((await hands.post('/resume')).status, 200);
  });
  return failures;
}

function makeHands({ aws, template, functions, workerKey, onLine }: Case) {
  const physical = template.outputs();
  const cluster = physical.ClusterName;
  const QueueUrl = physical.QueueUrl;
  const call = (method: string, path: string, more: { body?: object; query?: string; key?: string } = {}) => {
    const headers: Record<string, string> = more.key ? { 'idempotency-key': more.key } : {};
    return functions.call('Orchestrator', { method, path, userArn, headers, ...more });
  };

  async function task(job: JobView): Promise<Task> {
    const listed: string[] = [];
    for (const desiredStatus of ['RUNNING', 'STOPPED'] as const) {
      const command = new ListTasksCommand({ cluster, startedBy: `${job.id}/1`, desiredStatus });
      listed.push(...((await aws.ecs.send(command)).taskArns ?? []));
    }
    assert.equal(new Set(listed).size, 1, `one task expected, found ${listed.join(', ') || 'none'}`);
    const described = await aws.ecs.send(new DescribeTasksCommand({ cluster, tasks: listed }));
    const [found] = described.tasks ?? [];
    if (!found) throw new Error('the task is not described');
    return found;
  }

  function environmentOf({ overrides }: Task): Record<string, string> {
    const pairs = overrides?.containerOverrides?.[0]?.environment ?? [];
    return Object.fromEntries(pairs.map(({ name = '', value = '' }) => [name, value]));
  }

  function required(job: JobView | undefined): JobView {
    if (job) return job;
    throw new Error('there is no job');
  }

  return {
    task,
    environmentOf,
    get: (path: string, query = '') => call('GET', path, { query }),
    post: (path: string) => call('POST', path),
    async submit(request: object, key: string, expected = 201): Promise<JobView> {
      const { status, text, body } = await call('POST', '/jobs', { body: request, key });
      assert.equal(status, expected, text);
      return body as JobView;
    },
    async read(job: JobView | undefined): Promise<JobView> {
      return (await call('GET', `/jobs/${required(job).id}`)).body as JobView;
    },
    /** What the event source mapping does: takes what is in the queue to the dispatcher. */
    async dispatch(job: JobView | undefined): Promise<Task> {
      const received = await aws.sqs.send(
        new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 2 }),
      );
      const Records = (received.Messages ?? []).map(({ MessageId = '', Body = '', ReceiptHandle = '' }) => ({
        messageId: MessageId,
        body: Body,
        receiptHandle: ReceiptHandle,
        eventSource: 'aws:sqs',
      }));
      assert.ok(Records.length > 0, 'the queue is empty');
      assert.deepEqual(await functions.invoke('Dispatcher', { Records }), { batchItemFailures: [] });
      for (const { receiptHandle: ReceiptHandle } of Records)
        await aws.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
      return task(required(job));
    },
    /** moto starts no process: the worker's own bundle is run here, with what RunTask was told. */
    async work(job: JobView | undefined): Promise<number> {
      const [definition] = template.resources.filter(({ type }) => type === 'AWS::ECS::TaskDefinition');
      if (!definition) throw new Error('the template has no task definition');
      const { ContainerDefinitions } = template.properties(definition) as unknown as {
        ContainerDefinitions: [{ Image: string; Environment: { Name: string; Value: string }[] }];
      };
      const [{ Image, Environment }] = ContainerDefinitions;
      const child = spawn(process.execPath, [join(template.assetFolder(Image), 'main.mjs')], {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: {
          ...Object.fromEntries(Environment.map(({ Name, Value }) => [Name, Value])),
          ...environmentOf(await task(required(job))),
          AWS_REGION: region,
          AWS_ACCESS_KEY_ID: workerKey.accessKeyId,
          AWS_SECRET_ACCESS_KEY: workerKey.secretAccessKey,
        },
      });
      for (const stream of [child.stdout, child.stderr])
        createInterface({ input: stream }).on('line', (line) => onLine(`worker: ${line}`));
      const [code] = await once(child, 'exit');
      return code;
    },
    async object(uri: string): Promise<string> {
      const { host: Bucket, pathname } = new URL(uri);
      const { Body } = await aws.s3.send(new GetObjectCommand({ Bucket, Key: pathname.slice(1) }));
      return (await Body?.transformToString('utf-8')) ?? '';
    },
    /** What the rule on stopped tasks does. */
    async tellOfStop({ taskArn = '', startedBy = '' }: Task): Promise<void> {
      await functions.invoke('Reconciler', { source: 'aws.ecs', detail: { taskArn, startedBy } });
    },
  };
}
