import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { EchoResult, JobView } from '../../../lib/contracts/job-view.ts';
import { type Bed, startBed } from './harness.ts';

const run = promisify(execFile);

/** The version that a program says it has; undefined where it is not installed. */
async function versionOf(program: string, args: string[], pattern: RegExp): Promise<number[] | undefined> {
  try {
    const { stdout, stderr } = await run(program, args);
    return pattern
      .exec(stdout + stderr)
      ?.slice(1)
      .map(Number);
  } catch {
    return undefined;
  }
}

const [aws, botocore, curl] = await Promise.all([
  versionOf('aws', ['--version'], /aws-cli\/(\d+)\.(\d+)/),
  versionOf('python3', ['-c', 'import botocore; print(botocore.__version__)'], /(\d+)\.(\d+)/),
  versionOf('curl', ['--version'], /curl (\d+)\.(\d+)/),
]);
const canCurlSign = curl !== undefined && ((curl[0] ?? 0) > 7 || (curl[1] ?? 0) >= 75);

function describeIf(isThere: boolean, name: string, why: string, body: () => void): void {
  if (!isThere) console.log(`skipped: ${name}: ${why}`);
  (isThere ? describe : describe.skip)(name, body);
}

let bed: Bed;
let job: JobView;
beforeAll(async () => {
  bed = await startBed();
  const { id } = await bed.submit({ type: 'echo', payload: { message: 'seen from abroad' } });
  await bed.settled(id);
  job = await bed.job(id);
}, 120_000);
afterAll(() => bed?.close(), 20_000);

function environment(): Record<string, string | undefined> {
  const { accessKeyId, secretAccessKey } = bed.cloud.clientCredentials;
  return {
    PATH: process.env.PATH,
    HOME: bed.dataDir,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_DEFAULT_REGION: bed.cloud.region,
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}

describeIf(aws !== undefined, 'the AWS CLI [A6]', 'aws is not installed', () => {
  async function awsJson<T>(...args: string[]): Promise<T> {
    const options = ['--endpoint-url', bed.cloud.url, '--output', 'json'];
    const { stdout } = await run('aws', [...args, ...options], { env: environment() });
    return JSON.parse(stdout) as T;
  }

  test('finds the table, and in it the row of the job', async () => {
    const { TableName: table = '' } = bed.cloud.outputs;
    const key = JSON.stringify({ pk: { S: `JOB#${job.id}` }, sk: { S: 'JOB' } });
    const [tables, found] = await Promise.all([
      awsJson<{ TableNames: string[] }>('dynamodb', 'list-tables'),
      awsJson<{ Item: Record<string, unknown> }>('dynamodb', 'get-item', '--table-name', table, '--key', key),
    ]);
    expect(tables.TableNames).toEqual([table]);
    expect(found.Item).toMatchObject({ status: { S: 'SUCCEEDED' }, attempt: { N: '1' } });
  }, 60_000);

  test('finds the queues and the cluster, and knows who it is', async () => {
    const [queues, clusters, identity] = await Promise.all([
      awsJson<{ QueueUrls: string[] }>('sqs', 'list-queues'),
      awsJson<{ clusterArns: string[] }>('ecs', 'list-clusters'),
      awsJson<{ Arn: string }>('sts', 'get-caller-identity'),
    ]);
    expect(queues.QueueUrls).toContain(bed.cloud.outputs.QueueUrl);
    expect(clusters.clusterArns).toEqual([expect.stringMatching(/:cluster\/Muster-/)]);
    expect(identity.Arn).toBe('arn:aws:iam::000000000000:user/local');
  }, 60_000);

  test('copies the result from the bucket', async () => {
    const file = join(bed.dataDir, 'copied.json');
    await run('aws', ['s3', 'cp', job.links.s3Uri ?? '', file, '--endpoint-url', bed.cloud.url], {
      env: environment(),
    });
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(await bed.result<EchoResult>(job.id));
  }, 60_000);

  test('reads the log of the worker', async () => {
    const { logGroup = '', logStream = '' } = job.links;
    const { events } = await awsJson<{ events: { message: string }[] }>(
      ...['logs', 'get-log-events', '--log-group-name', logGroup, '--log-stream-name', logStream],
    );
    expect(events.map(({ message }) => JSON.parse(message).job)).toEqual(events.map(() => job.id));
    expect(events.length).toBeGreaterThan(0);
  }, 60_000);
});

type Send = (method: string, path: string, body?: string) => Promise<{ status: number; body: unknown }>;

async function submitsAndReads(send: Send): Promise<void> {
  const created = await send('POST', '/jobs', '{"type":"echo","payload":{"message":"from another client"}}');
  expect(created.status).toBe(201);
  const { id } = created.body as JobView;
  await bed.ended(id);
  expect(await send('GET', `/jobs/${id}`)).toMatchObject({ status: 200, body: { status: 'SUCCEEDED' } });
  expect(await send('GET', `/jobs/${id}/result`)).toMatchObject({ body: { message: 'from another client' } });
  expect(await send('GET', '/jobs?limit=1&project=default')).toMatchObject({ body: { items: [{ id }] } });
}

describeIf(botocore !== undefined, 'a request signed by botocore [A1] [A10]', 'botocore is missing', () => {
  test('submits a job and reads it', async () => {
    await submitsAndReads(async (method, path, body) => {
      const script = join(import.meta.dirname, 'signed-request.py');
      const args = [script, method, bed.cloud.url + path, bed.cloud.region, ...(body ? [body] : [])];
      const { stdout } = await run('python3', args, { env: environment() });
      return JSON.parse(stdout);
    });
  }, 60_000);
});

describeIf(canCurlSign, 'a request signed by curl [A1] [A6] [A10]', 'curl is older than 7.75', () => {
  const form = ['--silent', '--write-out', '\n%{http_code}', '--header', 'content-type: application/json'];
  const curlIt = async (args: string[]) => {
    const { stdout } = await run('curl', [...form, ...args], { env: environment() });
    const end = stdout.lastIndexOf('\n');
    return { status: Number(stdout.slice(end + 1)), body: JSON.parse(stdout.slice(0, end)) };
  };
  const signature = () => {
    const { accessKeyId, secretAccessKey } = bed.cloud.clientCredentials;
    const scope = `aws:amz:${bed.cloud.region}:execute-api`;
    return ['--aws-sigv4', scope, '--user', `${accessKeyId}:${secretAccessKey}`];
  };

  test('submits a job and reads it', async () => {
    await submitsAndReads((method, path, body) =>
      curlIt([
        ...signature(),
        '--request',
        method,
        ...(body ? ['--data', body] : []),
        // Older ones sign a query as it stands, so it has to stand in order.
        bed.cloud.url + path,
      ]),
    );
  }, 60_000);

  test('is refused without a signature, and with the wrong key', async () => {
    const body = ['--data', '{"type":"echo","payload":{"message":"hi"}}'];
    expect(await curlIt([...body, `${bed.cloud.url}/jobs`])).toEqual({
      status: 403,
      body: { message: 'Forbidden' },
    });
    const [option = '', scope = '', user = ''] = signature();
    const wrong = [option, scope, user, `${bed.cloud.clientCredentials.accessKeyId}:guessed`];
    expect((await curlIt([...wrong, ...body, `${bed.cloud.url}/jobs`])).status).toBe(403);
  }, 60_000);
});
