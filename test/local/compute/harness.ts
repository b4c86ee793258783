import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Sha256 } from '@aws-crypto/sha256-js';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { DescribeTasksCommand, ECSClient, RunTaskCommand, type Task } from '@aws-sdk/client-ecs';
import { SignatureV4 } from '@smithy/signature-v4';
import type { LocalCloud } from '../../../lib/local/cloud.ts';
import type { LocalCredentials } from '../../../lib/local/credentials.ts';

type Reachable = Pick<LocalCloud, 'url' | 'outputs' | 'clientCredentials'>;

export interface Workplace {
  root: string;
  assemblyDir: string;
  dataDir: string;
  remove(): void;
}

/** A temporary folder with the sample stack, synthesized in a process of its own: CDK under jest takes twice as long. */
export async function makeWorkplace(): Promise<Workplace> {
  const root = mkdtempSync(join(tmpdir(), 'muster-compute-'));
  const script = join(import.meta.dirname, 'sample-stack.ts');
  await promisify(execFile)(process.execPath, [script, root], { env: { PATH: process.env.PATH } });
  return {
    root,
    assemblyDir: join(root, 'cdk.out'),
    dataDir: join(root, 'data'),
    remove: () => rmSync(root, { recursive: true, force: true, maxRetries: 5 }),
  };
}

/** Polls until `probe` answers something; fails loudly instead of hanging. */
export async function until<T>(
  what: string,
  probe: () => Promise<T | undefined> | T | undefined,
  limitMs = 8000,
): Promise<T> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const found = await probe();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`${what}: not within ${limitMs} ms`);
    await delay(20);
  }
}

export async function callApi(
  url: string,
  credentials: LocalCredentials,
  request: { method?: string; path: string; body?: string },
): Promise<Response> {
  const { method = 'GET', path, body } = request;
  const target = new URL(path, url);
  const signer = new SignatureV4({
    credentials,
    region: 'us-east-1',
    service: 'execute-api',
    sha256: Sha256,
  });
  const signed = await signer.sign({
    method,
    protocol: 'http:',
    hostname: target.hostname,
    port: Number(target.port),
    path: target.pathname,
    query: Object.fromEntries(target.searchParams),
    headers: { host: target.host, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body }),
  });
  return fetch(target, { method, headers: signed.headers, ...(body === undefined ? {} : { body }) });
}

function clientConfig({ url, clientCredentials }: Reachable) {
  return { endpoint: url, region: 'us-east-1', credentials: clientCredentials, maxAttempts: 1 };
}

export interface RunInput {
  env?: Record<string, string>;
  clientToken?: string;
  count?: number;
}

/** What the tests do over the AWS protocols, with AWS's own clients. */
export function makeClients(cloud: Reachable) {
  const ecs = new ECSClient(clientConfig(cloud));
  const dynamo = new DynamoDBClient(clientConfig(cloud));
  const cluster = cloud.outputs.ClusterArn;
  const describe = async (arn: string): Promise<Task | undefined> =>
    (await ecs.send(new DescribeTasksCommand({ cluster, tasks: [arn] }))).tasks?.[0];
  return {
    ecs,
    cluster,
    describe,
    async run({ env = {}, clientToken, count }: RunInput): Promise<string[]> {
      const environment = Object.entries(env).map(([name, value]) => ({ name, value }));
      const output = await ecs.send(
        new RunTaskCommand({
          cluster,
          taskDefinition: cloud.outputs.TaskDefinitionArn,
          clientToken,
          count,
          overrides: { containerOverrides: [{ name: 'worker', environment }] },
        }),
      );
      return (output.tasks ?? []).map((task) => task.taskArn ?? '');
    },
    reaches: (arn: string, status: string): Promise<Task> =>
      until(`${arn} reaches ${status}`, async () => {
        const task = await describe(arn);
        return task?.lastStatus === status ? task : undefined;
      }),
    /** A row that one of the sample functions wrote. */
    async row(pk: string): Promise<{ n: number; value: unknown } | undefined> {
      const Key = { pk: { S: pk } };
      const output = await dynamo.send(
        new GetItemCommand({ TableName: cloud.outputs.TableName, Key, ConsistentRead: true }),
      );
      if (!output.Item) return undefined;
      return { n: Number(output.Item.n?.N ?? 0), value: JSON.parse(output.Item.value?.S ?? 'null') };
    },
    destroy() {
      ecs.destroy();
      dynamo.destroy();
    },
  };
}
