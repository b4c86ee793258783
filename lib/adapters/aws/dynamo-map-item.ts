import { GetCommand, PutCommand, UpdateCommand, type UpdateCommandInput } from '@aws-sdk/lib-dynamodb';
import { applied } from './dynamo-errors.ts';
import type { DynamoTable } from './dynamo-table.ts';

export type MapItemUpdate = Pick<
  UpdateCommandInput,
  'UpdateExpression' | 'ConditionExpression' | 'ExpressionAttributeNames' | 'ExpressionAttributeValues'
>;

/** One item that holds a small map and conditions on its entries: the slots, and a project's month. */
export interface MapItem {
  /** False where the condition did not hold. Makes the item with an empty map where it does not exist. */
  update(input: MapItemUpdate): Promise<boolean>;
  /** The same; answers what the update has set, and undefined where the condition did not hold. */
  updated(input: MapItemUpdate): Promise<Record<string, unknown> | undefined>;
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

  async function updated(input: MapItemUpdate): Promise<Record<string, unknown> | undefined> {
    const guarded = `attribute_exists(pk)${input.ConditionExpression ? ` AND (${input.ConditionExpression})` : ''}`;
    const command = {
      TableName,
      Key,
      ...input,
      ConditionExpression: guarded,
      ReturnValues: 'UPDATED_NEW',
    } as const;
    const write = async () => {
      const sent = client.send(new UpdateCommand(command));
      return (await applied(sent)) ? ((await sent).Attributes ?? {}) : undefined;
    };
    const written = await write();
    if (written || (await read())) return written;
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

  return { update: async (input) => (await updated(input)) !== undefined, updated, read };
}
