import {
  BatchGetCommand,
  type DynamoDBDocumentClient,
  QueryCommand,
  type QueryCommandInput,
} from '@aws-sdk/lib-dynamodb';

export interface DynamoTable {
  client: DynamoDBDocumentClient;
  tableName: string;
}

export type Item = Record<string, unknown>;

export interface ItemKey {
  pk: string;
  sk: string;
}

/** Of the thing that a key `KIND#id` is about. */
export function idOf(pk: unknown): string {
  const text = String(pk);
  return text.slice(text.indexOf('#') + 1);
}

/** Sorts as text as it does as a number. */
export function padded(value: number): string {
  return String(value).padStart(8, '0');
}

/** Consistent reads, page after page: one page ends at 1 MB, wherever that is. */
export async function* queryPages(
  { client, tableName: TableName }: DynamoTable,
  query: Omit<QueryCommandInput, 'TableName'>,
): AsyncGenerator<Item> {
  let start: Item | undefined;
  do {
    const page = await client.send(
      new QueryCommand({
        ...query,
        TableName,
        ConsistentRead: true,
        ...(start ? { ExclusiveStartKey: start } : {}),
      }),
    );
    yield* page.Items ?? [];
    start = page.LastEvaluatedKey;
  } while (start);
}

/** `BatchGetItem` takes this many keys. Source: DynamoDB API reference. */
const batchSize = 100;

/** The items that there are, in any order. */
export async function readItems(
  table: DynamoTable,
  keys: readonly ItemKey[],
  options: { ConsistentRead?: true } = {},
): Promise<Item[]> {
  const batches: ItemKey[][] = [];
  for (let from = 0; from < keys.length; from += batchSize) batches.push(keys.slice(from, from + batchSize));
  return (await Promise.all(batches.map((batch) => readBatch(table, batch, options)))).flat();
}

async function readBatch(
  { client, tableName }: DynamoTable,
  batch: readonly ItemKey[],
  options: { ConsistentRead?: true },
): Promise<Item[]> {
  const items: Item[] = [];
  let keys: Item[] = batch.map((key) => ({ ...key }));
  while (keys.length > 0) {
    const request = { [tableName]: { Keys: keys, ...options } };
    const { Responses, UnprocessedKeys } = await client.send(new BatchGetCommand({ RequestItems: request }));
    items.push(...(Responses?.[tableName] ?? []));
    keys = UnprocessedKeys?.[tableName]?.Keys ?? [];
  }
  return items;
}
