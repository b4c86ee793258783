import { GetCommand, PutCommand, UpdateCommand, type UpdateCommandInput } from '@aws-sdk/lib-dynamodb';
import { applied } from './dynamo-errors.ts';
import type { DynamoTable } from './dynamo-job-store.ts';

export type MapItemUpdate = Pick<
  UpdateCommandInput,
  'UpdateExpression' | 'ConditionExpression' | 'ExpressionAttributeNames' | 'ExpressionAttributeValues'
>;

/** One item that holds a small map and conditions on its entries: the slots, and a project's month. */
export interface MapItem {
  /** False where the condition did not hold. Makes the item with an empty map where it does not exist. */
  update(input: MapItemUpdate): Promise<boolean>;
  read(): Promise<Record<string, unknown> | undefined>;
}

export function makeMapItem(
  { client, tableName: TableName }: DynamoTable,
  Key: { pk: string; sk: string },
  empty: Record<string, unknown>,
): MapItem {
  async function read() {
    const { Item } = await client.send(new GetCommand({ TableName, Key, ConsistentRead: true }));
    return Item;
  }

  async function update(input: MapItemUpdate): Promise<boolean> {
    const guarded = `attribute_exists(pk)${input.ConditionExpression ? ` AND (${input.ConditionExpression})` : ''}`;
    const write = () =>
      applied(client.send(new UpdateCommand({ TableName, Key, ...input, ConditionExpression: guarded })));
    if (await write()) return true;
    if (await read()) return false;
    await applied(
      client.send(
        new PutCommand({
          TableName,
          Item: { ...Key, ...empty },
          ConditionExpression: 'attribute_not_exists(pk)',
        }),
      ),
    );
    return write();
  }

  return { update, read };
}
