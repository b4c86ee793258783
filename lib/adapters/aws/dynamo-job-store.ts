import { QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { type JobRow, jobRow } from '#contracts/job-row.ts';
import type { Lane } from '#contracts/lanes.ts';
import type { Timings } from '#contracts/limits.ts';
import { indexesOf } from '#core/jobs/indexes.ts';
import type { JobStore, LeaseRenewal } from '#core/ports/job-store.ts';
import { readDueKeys } from './dynamo-due.ts';
import { applied } from './dynamo-errors.ts';
import { readKeys } from './dynamo-listed.ts';
import { bare, makeRows } from './dynamo-rows.ts';
import { type DynamoTable, type ItemKey, idOf, readItems } from './dynamo-table.ts';

function jobKey(id: string): ItemKey {
  return { pk: `JOB#${id}`, sk: 'JOB' };
}

/** The job rows in DynamoDB. Source of the index layout: `#core/jobs/indexes.ts`. */
export function makeDynamoJobStore(table: DynamoTable, timings: Timings): JobStore {
  const { client, tableName: TableName } = table;
  const rows = makeRows<JobRow, string>(table, {
    keyOf: jobKey,
    keyOfRow: ({ id }) => jobKey(id),
    parse: (item) => jobRow.parse(item),
    indexes: (row) => indexesOf(row, timings),
  });

  async function getMany(ids: readonly string[]): Promise<JobRow[]> {
    const distinct = [...new Set(ids)];
    if (distinct.length === 1 && distinct[0] !== undefined)
      return [await rows.get(distinct[0])].filter((row) => row !== undefined);
    const items = await readItems(table, distinct.map(jobKey), { ConsistentRead: true });
    return items.map((item) => jobRow.parse(bare(item)));
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
    return Items.map(({ pk }) => idOf(pk));
  }

  async function due(nowMs: number, limit: number): Promise<string[]> {
    const isAsked = ({ pk }: { pk: string }) => pk.startsWith('JOB#');
    const keys = await readDueKeys(table, { nowMs, limit, isAsked });
    return keys.map(({ pk }) => idOf(pk));
  }

  return {
    ...rows,
    getMany,
    renewLease,
    queuedHead,
    due,
    listed: ({ project, ...range }) => readKeys(table, `job#${project}`, range),
  };
}
