import {
  BatchGetCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { type JobRow, jobRow } from '#contracts/job-row.ts';
import type { Lane } from '#contracts/lanes.ts';
import type { Timings } from '#contracts/limits.ts';
import { indexesOf } from '#core/jobs/indexes.ts';
import type { JobStore, LeaseRenewal, ListedKey, ListQuery } from '#core/ports/job-store.ts';
import { readDueKeys } from './dynamo-due.ts';
import { applied } from './dynamo-errors.ts';

export interface DynamoTable {
  client: DynamoDBDocumentClient;
  tableName: string;
}

type Item = Record<string, unknown>;

/** `BatchGetItem` takes this many keys. Source: DynamoDB API reference. */
const batchSize = 100;

export function jobKey(id: string) {
  return { pk: `JOB#${id}`, sk: 'JOB' };
}

function idOf(item: { pk?: unknown }): string {
  return String(item.pk).slice('JOB#'.length);
}

/** The row without what only the table needs. Parsed: a row of another version is refused, not guessed at. */
function toRow(item: Item): JobRow {
  const {
    pk: _pk,
    sk: _sk,
    queuedShard: _qs,
    queuedKey: _qk,
    dueShard: _ds,
    dueAtMs: _da,
    listShard: _ls,
    listKey: _lk,
    expiresAt: _e,
    ...row
  } = item;
  return jobRow.parse(row);
}

/** The job rows in DynamoDB. Source of the index layout: `#core/jobs/indexes.ts`. */
export function makeDynamoJobStore(table: DynamoTable, timings: Timings): JobStore {
  const { client, tableName: TableName } = table;

  function toItem(row: JobRow): Item {
    return { ...row, ...indexesOf(row, timings), ...jobKey(row.id) };
  }

  async function get(id: string): Promise<JobRow | undefined> {
    const { Item } = await client.send(new GetCommand({ TableName, Key: jobKey(id), ConsistentRead: true }));
    return Item ? toRow(Item) : undefined;
  }

  async function getBatch(ids: readonly string[]): Promise<JobRow[]> {
    const rows: JobRow[] = [];
    let keys = ids.map(jobKey);
    while (keys.length > 0) {
      const request = { [TableName]: { Keys: keys, ConsistentRead: true } };
      const { Responses, UnprocessedKeys } = await client.send(
        new BatchGetCommand({ RequestItems: request }),
      );
      rows.push(...(Responses?.[TableName] ?? []).map(toRow));
      keys = (UnprocessedKeys?.[TableName]?.Keys ?? []) as typeof keys;
    }
    return rows;
  }

  async function getMany(ids: readonly string[]): Promise<JobRow[]> {
    const distinct = [...new Set(ids)];
    if (distinct.length === 1 && distinct[0] !== undefined)
      return [await get(distinct[0])].filter((row) => row !== undefined);
    const batches: string[][] = [];
    for (let from = 0; from < distinct.length; from += batchSize)
      batches.push(distinct.slice(from, from + batchSize));
    return (await Promise.all(batches.map(getBatch))).flat();
  }

  function create(row: JobRow): Promise<boolean> {
    return applied(
      client.send(
        new PutCommand({ TableName, Item: toItem(row), ConditionExpression: 'attribute_not_exists(pk)' }),
      ),
    );
  }

  function replace(row: JobRow): Promise<boolean> {
    return applied(
      client.send(
        new PutCommand({
          TableName,
          Item: toItem(row),
          ConditionExpression: '#version = :read',
          ExpressionAttributeNames: { '#version': 'version' },
          ExpressionAttributeValues: { ':read': row.version - 1 },
        }),
      ),
    );
  }

  function renewLease({ id, attempt, sessionSha256, leaseUntilMs }: LeaseRenewal): Promise<boolean> {
    return applied(
      client.send(
        new UpdateCommand({
          TableName,
          Key: jobKey(id),
          UpdateExpression: 'SET leaseUntilMs = :until ADD #version :one',
          ConditionExpression: '#status = :running AND attempt = :attempt AND sessionSha256 = :session',
          ExpressionAttributeNames: { '#status': 'status', '#version': 'version' },
          ExpressionAttributeValues: {
            ':until': leaseUntilMs,
            ':one': 1,
            ':running': 'RUNNING',
            ':attempt': attempt,
            ':session': sessionSha256,
          },
        }),
      ),
    );
  }

  async function queuedHead(lane: Lane, limit: number): Promise<string[]> {
    const { Items = [] } = await client.send(
      new QueryCommand({
        TableName,
        IndexName: 'queued',
        KeyConditionExpression: 'queuedShard = :lane',
        ExpressionAttributeValues: { ':lane': lane },
        Limit: limit,
      }),
    );
    return Items.map(idOf);
  }

  async function due(nowMs: number, limit: number): Promise<string[]> {
    const isAsked = ({ pk }: { pk: string }) => pk.startsWith('JOB#');
    return (await readDueKeys(table, { nowMs, limit, isAsked })).map(idOf);
  }

  async function listed({ project, beforeKey, limit }: ListQuery): Promise<ListedKey[]> {
    const { Items = [] } = await client.send(
      new QueryCommand({
        TableName,
        IndexName: 'listed',
        KeyConditionExpression:
          beforeKey === undefined ? 'listShard = :shard' : 'listShard = :shard AND listKey < :before',
        ExpressionAttributeValues: {
          ':shard': `job#${project}`,
          ...(beforeKey === undefined ? {} : { ':before': beforeKey }),
        },
        ScanIndexForward: false,
        Limit: limit,
      }),
    );
    return Items.map((item) => ({ id: idOf(item), key: String(item.listKey) }));
  }

  return { get, getMany, create, replace, renewLease, queuedHead, due, listed };
}
