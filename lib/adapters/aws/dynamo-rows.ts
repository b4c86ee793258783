import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { Rows } from '#core/ports/run-store.ts';
import { applied } from './dynamo-errors.ts';
import type { DynamoTable, Item, ItemKey } from './dynamo-table.ts';

/** The row without what only the table needs. */
export function bare(item: Item): Item {
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
  return row;
}

/** Rows of one kind; parsed at every read, so that a row of another version is refused, not guessed at. */
export function makeRows<Row extends { version: number }, Key>(
  { client, tableName: TableName }: DynamoTable,
  kind: {
    keyOf: (key: Key) => ItemKey;
    keyOfRow: (row: Row) => ItemKey;
    parse: (item: Item) => Row;
    indexes: (row: Row) => object;
  },
): Rows<Row, Key> {
  const toItem = (row: Row) => ({ ...row, ...kind.indexes(row), ...kind.keyOfRow(row) });
  return {
    async get(key) {
      const { Item } = await client.send(
        new GetCommand({ TableName, Key: kind.keyOf(key), ConsistentRead: true }),
      );
      return Item ? kind.parse(bare(Item)) : undefined;
    },
    create: (row) =>
      applied(
        client.send(
          new PutCommand({ TableName, Item: toItem(row), ConditionExpression: 'attribute_not_exists(pk)' }),
        ),
      ),
    replace: (row) =>
      applied(
        client.send(
          new PutCommand({
            TableName,
            Item: toItem(row),
            ConditionExpression: '#version = :read',
            ExpressionAttributeNames: { '#version': 'version' },
            ExpressionAttributeValues: { ':read': row.version - 1 },
          }),
        ),
      ),
  };
}
