import { connect } from 'node:net';
import {
  ConditionalCheckFailedException,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type DynamoService, startDynamo } from '../../../lib/local/dynamo.ts';
import type { LocalServer } from '../../../lib/local/server.ts';
import { clientOptions, makeTempDir, serveLocally, sign } from './harness.ts';

const TABLE = {
  TableName: 'jobs',
  KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
  AttributeDefinitions: [
    { AttributeName: 'id', AttributeType: 'S' },
    { AttributeName: 'queue', AttributeType: 'S' },
  ],
  GlobalSecondaryIndexes: [
    {
      IndexName: 'queued',
      KeySchema: [{ AttributeName: 'queue', KeyType: 'HASH' }],
      Projection: { ProjectionType: 'ALL' },
    },
  ],
  TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
};
const NOW = Date.parse('2026-03-01T12:00:00Z');
const CLAIM = {
  TableName: 'jobs',
  Key: { id: { S: 'job-1' } },
  UpdateExpression: 'SET holder = :me',
  ConditionExpression: 'attribute_not_exists(holder)',
};

const temp = await makeTempDir();
let dynamo: DynamoService;
let server: LocalServer;
let client: DynamoDBClient;

async function start(path: string, indexLagMs = 0): Promise<void> {
  dynamo = await startDynamo({ path, indexLagMs, now: () => NOW });
  await dynamo.ensureTable(TABLE);
  server = await serveLocally({ dynamodb: dynamo });
  client = new DynamoDBClient(clientOptions(server));
}

async function stop(): Promise<void> {
  client.destroy();
  await server.close();
  await dynamo.close();
}

let folder = 0;
beforeEach(() => {
  folder += 1;
  return start(`${temp.dir}/${folder}`);
});
afterEach(stop);
afterAll(() => temp.remove());

const put = (id: string, more: Record<string, { S: string } | { N: string }> = {}) =>
  client.send(new PutItemCommand({ TableName: 'jobs', Item: { id: { S: id }, ...more } }));

const queued = async () => {
  const output = await client.send(
    new QueryCommand({
      TableName: 'jobs',
      IndexName: 'queued',
      KeyConditionExpression: 'queue = :queue',
      ExpressionAttributeValues: { ':queue': { S: 'q' } },
    }),
  );
  return (output.Items ?? []).map((item) => item.id?.S);
};

const get = async (id: string) =>
  (await client.send(new GetItemCommand({ TableName: 'jobs', Key: { id: { S: id } } }))).Item;

describe('the local DynamoDB', () => {
  it('lets exactly one of a hundred parallel claims win', async () => {
    const claims = Array.from({ length: 100 }, (_, i) =>
      client.send(
        new UpdateItemCommand({ ...CLAIM, ExpressionAttributeValues: { ':me': { N: String(i) } } }),
      ),
    );
    const settled = await Promise.allSettled(claims);
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const lost = settled.flatMap((claim) => (claim.status === 'rejected' ? [claim.reason] : []));
    expect(lost.every((error) => error instanceof ConditionalCheckFailedException)).toBe(true);
  });

  it('refuses to leave out the item that a condition failed on', async () => {
    await put('job-1', { holder: { S: 'first' } });
    const claim = { ...CLAIM, ExpressionAttributeValues: { ':me': { S: 'second' } } };
    const asked = client.send(
      new UpdateItemCommand({ ...claim, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' }),
    );
    await expect(asked).rejects.toMatchObject({ $metadata: { httpStatusCode: 501 } });
    await expect(client.send(new UpdateItemCommand(claim))).rejects.toBeInstanceOf(
      ConditionalCheckFailedException,
    );
  });

  it('outlives a client that goes away in the middle of a body', async () => {
    const { init } = await sign(server, {
      method: 'POST',
      service: 'dynamodb',
      headers: { 'x-amz-target': 'DynamoDB_20120810.ListTables', 'content-length': '100' },
    });
    const head = Object.entries(init.headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const socket = connect(server.port, '127.0.0.1');
    await new Promise<void>((resolve) => {
      socket.write(`POST / HTTP/1.1\r\n${head.join('')}\r\n{"half`, () => {
        socket.destroy();
        socket.once('close', () => resolve());
      });
    });
    await put('job-1');
    expect(await get('job-1')).toEqual({ id: { S: 'job-1' } });
  });

  it('keeps its data over a restart and accepts the same table again', async () => {
    await put('job-1', { queue: { S: 'q' } });
    await stop();
    await start(`${temp.dir}/${folder}`);
    expect(await get('job-1')).toEqual({ id: { S: 'job-1' }, queue: { S: 'q' } });
    expect(await queued()).toEqual(['job-1']);
  });

  it('refuses a table whose keys changed since the folder was made', async () => {
    const changed = { ...TABLE, KeySchema: [{ AttributeName: 'queue', KeyType: 'HASH' }] };
    await expect(dynamo.ensureTable(changed)).rejects.toThrow(/Remove the folder/);
  });

  it('removes what has expired and nothing else', async () => {
    await put('past', { expiresAt: { N: String(NOW / 1000 - 1) } });
    await put('future', { expiresAt: { N: String(NOW / 1000 + 1) } });
    await put('text', { expiresAt: { S: '1' } });
    await put('never');
    expect(await dynamo.sweepExpired()).toBe(1);
    expect(await get('past')).toBeUndefined();
    expect([await get('future'), await get('text'), await get('never')]).not.toContain(undefined);
    const ttl = await client.send(new DescribeTimeToLiveCommand({ TableName: 'jobs' }));
    expect(ttl.TimeToLiveDescription).toEqual({ TimeToLiveStatus: 'ENABLED', AttributeName: 'expiresAt' });
  });

  it('shows index queries the past when told to lag, and reads by key the present', async () => {
    await stop();
    await start(`${temp.dir}/${folder}`, 200);
    await put('job-1', { queue: { S: 'q' } });
    expect(await queued()).toEqual([]);
    expect(await get('job-1')).toBeDefined();
    while ((await queued()).length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    await put('job-1');
    expect(await queued()).toEqual(['job-1']);
    while ((await queued()).length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
  });
});
