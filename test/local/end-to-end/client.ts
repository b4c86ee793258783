import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DescribeTasksCommand, ECSClient, type Task } from '@aws-sdk/client-ecs';
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { DynamoDBDocumentClient, GetCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { signedFetch } from '../../../lib/adapters/control/sigv4.ts';
import type { JobRow } from '../../../lib/contracts/job-row.ts';
import type { JobView } from '../../../lib/contracts/job-view.ts';
import type { LocalCloud } from '../../../lib/local/cloud.ts';

/** What a client of a cloud has to know, in whatever process the cloud runs. */
export type Reachable = Pick<LocalCloud, 'url' | 'region' | 'outputs' | 'clientCredentials'>;

export interface Reply<T> {
  status: number;
  headers: Headers;
  text: string;
  /** The JSON document; undefined where there is none. */
  body: T;
}

export interface CallOptions {
  headers?: Record<string, string>;
  /** Sent as it is, instead of a document. */
  raw?: string;
  credentials?: { accessKeyId: string; secretAccessKey: string };
}

export interface Patience {
  /** Default 30 s. */
  limitMs?: number;
  /** Longest pause between two looks; default 200 ms. */
  pauseMs?: number;
}

/** Polls until `probe` answers something other than undefined; fails loudly instead of hanging. */
export async function until<T>(
  what: string,
  probe: () => Promise<T | undefined> | T | undefined,
  { limitMs = 30_000, pauseMs = 200 }: Patience = {},
): Promise<T> {
  const deadline = Date.now() + limitMs;
  // Asking costs the cloud more than waiting: what takes longer is asked less often.
  for (let waitMs = 15; ; waitMs = Math.min(waitMs * 1.3, pauseMs)) {
    const found = await probe();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`${what}: not within ${limitMs} ms`);
    await delay(waitMs);
  }
}

export type Client = ReturnType<typeof makeClient>;

/** Everything that the tests do from outside: the signed HTTP API, and AWS's own clients to look behind it. */
export function makeClient({ url, region, outputs, clientCredentials }: Reachable) {
  const sdk = { endpoint: url, region, credentials: clientCredentials, maxAttempts: 1 };
  const dynamo = DynamoDBDocumentClient.from(new DynamoDBClient(sdk));
  const s3 = new S3Client({ ...sdk, forcePathStyle: true });
  const ecs = new ECSClient(sdk);
  const TableName = outputs.TableName;
  const Bucket = outputs.BucketName;

  async function call<T = unknown>(
    method: string,
    path: string,
    document?: unknown,
    options: CallOptions = {},
  ): Promise<Reply<T>> {
    const body = options.raw ?? (document === undefined ? undefined : JSON.stringify(document));
    const response = await signedFetch({
      url: url + path,
      method,
      body,
      headers: { 'content-type': 'application/json', ...options.headers },
      credentials: options.credentials ?? clientCredentials,
      region,
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: parse(text) as T };
  }

  /** One call of a JSON service that has no client here. */
  async function callService<T>(service: string, target: string, input: object): Promise<T> {
    const response = await signedFetch({
      url: `${url}/`,
      method: 'POST',
      body: JSON.stringify(input),
      headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target },
      credentials: clientCredentials,
      region,
      service,
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${target}: ${response.status} ${text}`);
    return JSON.parse(text) as T;
  }

  async function submit(request: object, headers: Record<string, string> = {}): Promise<JobView> {
    const keyed = { 'idempotency-key': randomUUID(), ...headers };
    const { status, text, body } = await call<JobView>('POST', '/jobs', request, { headers: keyed });
    if (status !== 201) throw new Error(`POST /jobs: ${status} ${text}`);
    return body;
  }

  async function job(id: string): Promise<JobView> {
    const { status, text, body } = await call<JobView>('GET', `/jobs/${id}`);
    if (status !== 200) throw new Error(`GET /jobs/${id}: ${status} ${text}`);
    return body;
  }

  async function all(project: string): Promise<JobView[]> {
    const { status, text, body } = await call<{ items: JobView[]; cursor?: string }>(
      'GET',
      `/jobs?project=${project}&limit=100`,
    );
    if (status !== 200 || body.cursor) throw new Error(`GET /jobs: ${status} ${text}`);
    return body.items;
  }

  /** The job as it is stored. */
  async function row(id: string): Promise<JobRow> {
    const found = await dynamo.send(
      new GetCommand({ TableName, Key: { pk: `JOB#${id}`, sk: 'JOB' }, ConsistentRead: true }),
    );
    if (!found.Item) throw new Error(`There is no row of job ${id}`);
    return found.Item as JobRow;
  }

  const reaches = (id: string, isThere: (job: JobView) => boolean, what: string): Promise<JobView> =>
    until(`job ${id} ${what}`, async () => {
      const found = await job(id);
      if (isThere(found)) return found;
      if (found.endedAt) throw new Error(`job ${id} ${what}: it ended ${JSON.stringify(found)}`);
      return undefined;
    });

  return {
    dynamo,
    s3,
    call,
    callService,
    submit,
    job,
    ended: (id: string) => reaches(id, (found) => found.endedAt !== undefined, 'ends'),
    becomes: (id: string, status: JobView['status']) =>
      reaches(id, (found) => found.status === status, `becomes ${status}`),
    reaches,
    /** Ended, and everything delivered that must follow: nothing more is written for this job. */
    settled: (id: string): Promise<JobRow> =>
      until(`job ${id} is settled`, async () => {
        const found = await row(id);
        return found.endedAtMs !== undefined && Object.keys(found.outbox).length === 0 ? found : undefined;
      }),
    /** All jobs of a project, once so many of them have ended; one call for many of them. */
    allEnded: (project: string, count: number): Promise<JobView[]> => {
      const look = async () => {
        const jobs = await all(project);
        return jobs.filter(({ endedAt }) => endedAt).length >= count ? jobs : undefined;
      };
      return until(`${count} jobs of ${project} end`, look, { limitMs: 90_000, pauseMs: 500 });
    },
    async result<T>(id: string): Promise<T> {
      const { status, text, body } = await call<T>('GET', `/jobs/${id}/result`);
      if (status !== 200) throw new Error(`GET /jobs/${id}/result: ${status} ${text}`);
      return body;
    },
    async item(pk: string, sk: string): Promise<Record<string, unknown> | undefined> {
      const found = await dynamo.send(new GetCommand({ TableName, Key: { pk, sk }, ConsistentRead: true }));
      return found.Item;
    },
    row,
    async items(): Promise<Record<string, unknown>[]> {
      const { Items = [] } = await dynamo.send(new ScanCommand({ TableName, ConsistentRead: true }));
      return Items;
    },
    async object(key: string): Promise<string> {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: key }));
      return (await Body?.transformToString('utf-8')) ?? '';
    },
    async objectKeys(Prefix = ''): Promise<string[]> {
      const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix }));
      return Contents.map(({ Key = '' }) => Key);
    },
    async task(taskArn: string): Promise<Task> {
      const command = new DescribeTasksCommand({ cluster: outputs.ClusterName, tasks: [taskArn] });
      const [task] = (await ecs.send(command)).tasks ?? [];
      if (!task) throw new Error(`ECS does not know ${taskArn}`);
      return task;
    },
    /** The worker's own lines; those of a function are among the lines of other jobs. */
    async logLines({ id, links }: JobView): Promise<Record<string, unknown>[]> {
      const { logGroup: logGroupName, logStream: logStreamName } = links;
      const { events } = await callService<{ events: { message: string }[] }>(
        'logs',
        `Logs_20140328.${logStreamName ? 'GetLogEvents' : 'FilterLogEvents'}`,
        logStreamName
          ? { logGroupName, logStreamName, startFromHead: true }
          : { logGroupName, filterPattern: `"${id}"` },
      );
      return events.map(({ message }) => JSON.parse(message) as Record<string, unknown>);
    },
    destroy() {
      for (const client of [dynamo, s3, ecs]) client.destroy();
    },
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not every refusal is a document; the test that expects one sees that it is missing.
    return undefined;
  }
}
