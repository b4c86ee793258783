import { DeleteCommand, GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { streamLimits } from '#contracts/stream.ts';
import type { Connections } from '#core/ports/stream.ts';
import { applied } from './dynamo-errors.ts';
import { type DynamoTable, queryPages } from './dynamo-table.ts';

/*
 * A connection is an item that says who opened it and what it watches; a watch is an item under the job or run, so that
 * one query finds everybody who watches it. The table's expiry deletes late, so readers look at `expiresAt` themselves.
 */

function connectionKey(connection: string) {
  return { pk: `CONNECTION#${connection}`, sk: 'CONNECTION' };
}

function watchKey(id: string, connection: string) {
  return { pk: `WATCH#${id}`, sk: connection };
}

const toSeconds = (ms: number) => Math.floor(ms / 1_000);

export interface Watches {
  of(id: string): Promise<string[]>;
  drop(id: string, connection: string): Promise<void>;
}

export function makeDynamoWatches(
  { client, tableName: TableName }: DynamoTable,
  nowMs: () => number,
): Watches {
  return {
    async of(id) {
      const found: string[] = [];
      const pages = queryPages(
        { client, tableName: TableName },
        {
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': `WATCH#${id}` },
        },
      );
      for await (const { sk, expiresAt } of pages) {
        if (Number(expiresAt) > toSeconds(nowMs())) found.push(String(sk));
        if (found.length >= streamLimits.connectionsPushedTo) break;
      }
      return found;
    },
    async drop(id, connection) {
      await client.send(new DeleteCommand({ TableName, Key: watchKey(id, connection) }));
    },
  };
}

export function makeDynamoConnections({ client, tableName: TableName }: DynamoTable): Connections {
  async function read(connection: string) {
    const Key = connectionKey(connection);
    const { Item } = await client.send(new GetCommand({ TableName, Key, ConsistentRead: true }));
    const watches = Item?.watches instanceof Set ? [...Item.watches].map(String) : [];
    return Item && { userArn: String(Item.userArn), expiresAt: Number(Item.expiresAt), watches };
  }

  return {
    async open(connection, userArn, expiresAtMs) {
      const Item = { ...connectionKey(connection), userArn, expiresAt: toSeconds(expiresAtMs) };
      await client.send(new PutCommand({ TableName, Item }));
    },
    find: read,
    async watch(connection, id, most) {
      const known = await read(connection);
      if (!known) return false;
      // Noted with the connection first: what its end has to take away is never more than what is noted.
      const isNoted = await applied(
        client.send(
          new UpdateCommand({
            TableName,
            Key: connectionKey(connection),
            UpdateExpression: 'ADD watches :one',
            ConditionExpression:
              'attribute_exists(pk) AND (attribute_not_exists(watches) OR contains(watches, :id) OR size(watches) < :most)',
            ExpressionAttributeValues: { ':one': new Set([id]), ':id': id, ':most': most },
          }),
        ),
      );
      if (!isNoted) return false;
      const Item = { ...watchKey(id, connection), expiresAt: known.expiresAt };
      await client.send(new PutCommand({ TableName, Item }));
      return true;
    },
    async close(connection) {
      const known = await read(connection);
      const keys = [
        ...(known?.watches ?? []).map((id) => watchKey(id, connection)),
        connectionKey(connection),
      ];
      await Promise.all(keys.map((Key) => client.send(new DeleteCommand({ TableName, Key }))));
    },
  };
}
