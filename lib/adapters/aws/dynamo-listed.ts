import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { ListedKey, ListQuery } from '#core/ports/job-store.ts';
import { type DynamoTable, type Item, idOf, readItems } from './dynamo-table.ts';

export interface ListedItem {
  key: string;
  item: Item;
}

export interface ListRange {
  shard: string;
  order: 'ascending' | 'descending';
  /** Only keys behind this one, in the order that is asked for. */
  beyond?: string | undefined;
  limit: number;
}

/** Items by the index `listed`, in its order: the index holds keys only, so the items are read after it. */
export async function readListed(table: DynamoTable, range: ListRange): Promise<ListedItem[]> {
  const places = await queryKeys(table, range);
  const items = await readItems(
    table,
    places.map(({ pk, sk }) => ({ pk, sk })),
  );
  const byKey = new Map(items.map((item) => [`${item.pk} ${item.sk}`, item]));
  return places.flatMap(({ pk, sk, key }) => {
    const item = byKey.get(`${pk} ${sk}`);
    return item ? [{ key, item }] : [];
  });
}

/** Ids and keys of the same index, from the newest: rows are read by their own stores. */
export async function readKeys(
  table: DynamoTable,
  shard: string,
  { beforeKey, limit }: Omit<ListQuery, 'project'>,
): Promise<ListedKey[]> {
  const places = await queryKeys(table, { shard, order: 'descending', beyond: beforeKey, limit });
  return places.map(({ pk, key }) => ({ id: idOf(pk), key }));
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
