import { BatchGetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { DynamoTable } from './dynamo-job-store.ts';

/** `BatchGetItem` takes this many keys. Source: DynamoDB API reference. */
const batchSize = 100;

export interface ListedItem {
  key: string;
  item: Record<string, unknown>;
}

export interface ListRange {
  shard: string;
  order: 'ascending' | 'descending';
  /** Only keys behind this one, in the order that is asked for. */
  beyond?: string | undefined;
  limit: number;
}

type Key = { pk: string; sk: string };

/** Items by the index `listed`, in its order: the index holds keys only, so the items are read after it. */
export async function readListed(table: DynamoTable, range: ListRange): Promise<ListedItem[]> {
  const places = await queryKeys(table, range);
  const items = await readAll(
    table,
    places.map(({ pk, sk }) => ({ pk, sk })),
  );
  const byKey = new Map(items.map((item) => [`${item.pk} ${item.sk}`, item]));
  return places.flatMap(({ pk, sk, key }) => {
    const item = byKey.get(`${pk} ${sk}`);
    return item ? [{ key, item }] : [];
  });
}

async function queryKeys({ client, tableName: TableName }: DynamoTable, range: ListRange) {
  const { shard, order, beyond, limit } = range;
  const isAscending = order === 'ascending';
  const condition = beyond === undefined ? '' : ` AND listKey ${isAscending ? '>' : '<'} :beyond`;
  const { Items = [] } = await client.send(
    new QueryCommand({
      TableName,
      IndexName: 'listed',
      KeyConditionExpression: `listShard = :shard${condition}`,
      ExpressionAttributeValues: { ':shard': shard, ...(beyond === undefined ? {} : { ':beyond': beyond }) },
      ScanIndexForward: isAscending,
      Limit: limit,
    }),
  );
  return Items.map(({ pk, sk, listKey }) => ({ pk: String(pk), sk: String(sk), key: String(listKey) }));
}

async function readAll(table: DynamoTable, keys: readonly Key[]): Promise<Record<string, unknown>[]> {
  const batches: Key[][] = [];
  for (let from = 0; from < keys.length; from += batchSize) batches.push(keys.slice(from, from + batchSize));
  return (await Promise.all(batches.map((batch) => readBatch(table, batch)))).flat();
}

async function readBatch({ client, tableName }: DynamoTable, batch: readonly Key[]) {
  const items: Record<string, unknown>[] = [];
  let keys: readonly Record<string, unknown>[] = batch;
  while (keys.length > 0) {
    const request = { [tableName]: { Keys: [...keys] } };
    const { Responses, UnprocessedKeys } = await client.send(new BatchGetCommand({ RequestItems: request }));
    items.push(...(Responses?.[tableName] ?? []));
    keys = UnprocessedKeys?.[tableName]?.Keys ?? [];
  }
  return items;
}
