import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { dueShards } from '#core/jobs/indexes.ts';
import type { DynamoTable, ItemKey } from './dynamo-table.ts';

export interface DueKey extends ItemKey {
  dueAtMs: number;
}

/** Of a shard. Behind so many of other kinds nothing is looked for until some of those are gone. */
const pagesMax = 20;

/**
 * What is due of some kinds, the earliest first. All kinds share the index, and what cannot be brought forward now
 * stays due, as its first: so it is read on until there is enough of the kinds that are asked for.
 */
export async function readDueKeys(
  table: DynamoTable,
  { nowMs, limit, isAsked }: { nowMs: number; limit: number; isAsked: (key: DueKey) => boolean },
): Promise<DueKey[]> {
  const shards = await Promise.all(dueShards().map((shard) => ofShard(shard)));
  return shards
    .flat()
    .sort((a, b) => a.dueAtMs - b.dueAtMs)
    .slice(0, limit);

  async function ofShard(shard: string): Promise<DueKey[]> {
    const found: DueKey[] = [];
    let start: Record<string, unknown> | undefined;
    for (let page = 0; page < pagesMax; page++) {
      const { Items = [], LastEvaluatedKey } = await table.client.send(
        new QueryCommand({
          TableName: table.tableName,
          IndexName: 'due',
          KeyConditionExpression: 'dueShard = :shard AND dueAtMs <= :now',
          ExpressionAttributeValues: { ':shard': shard, ':now': nowMs },
          Limit: limit,
          ...(start ? { ExclusiveStartKey: start } : {}),
        }),
      );
      found.push(...Items.map(toKey).filter(isAsked));
      start = LastEvaluatedKey;
      if (!start || found.length >= limit) break;
    }
    return found;
  }
}

function toKey({ pk, sk, dueAtMs }: Record<string, unknown>): DueKey {
  return { pk: String(pk), sk: String(sk), dueAtMs: Number(dueAtMs) };
}
