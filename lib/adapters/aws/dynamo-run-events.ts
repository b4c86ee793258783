import { PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { limits } from '#contracts/limits.ts';
import { numberedRunEvent, runEvent } from '#contracts/run-events.ts';
import type { RunStore } from '#core/ports/run-store.ts';
import { applied } from './dynamo-errors.ts';
import { bare } from './dynamo-rows.ts';
import { type DynamoTable, padded } from './dynamo-table.ts';

/** More than there are steps of a run that could speak at once. */
const rounds = 40;

/** What happened in runs, an item each, numbered as they come. */
export function makeDynamoRunEvents(table: DynamoTable): RunStore['events'] {
  const { client, tableName: TableName } = table;
  const eventSk = (seq: number) => `EVENT#${padded(seq)}`;

  async function lastSeq(pk: string): Promise<number> {
    const { Items = [] } = await client.send(
      new QueryCommand({
        TableName,
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :event)',
        ExpressionAttributeValues: { ':pk': pk, ':event': 'EVENT#' },
        ScanIndexForward: false,
        ConsistentRead: true,
        Limit: 1,
      }),
    );
    return Number(Items[0]?.seq ?? 0);
  }

  return {
    async say(run, event) {
      const pk = `RUN#${run}`;
      let seq = (await lastSeq(pk)) + 1;
      for (let round = 0; round < rounds; round++, seq++) {
        const expiresAt = Math.floor(event.atMs / 1000) + limits.runRetentionDays * 86_400;
        const Item = { pk, sk: eventSk(seq), seq, ...runEvent.parse(event), expiresAt };
        const put = new PutCommand({ TableName, Item, ConditionExpression: 'attribute_not_exists(pk)' });
        if (await applied(client.send(put))) return seq;
      }
      throw new Error(`no number was free for an event of ${run}`);
    },
    async read(run, after, limit) {
      const { Items = [] } = await client.send(
        new QueryCommand({
          TableName,
          KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
          ExpressionAttributeValues: {
            ':pk': `RUN#${run}`,
            ':from': eventSk(after + 1),
            ':to': 'EVENT#~',
          },
          ConsistentRead: true,
          Limit: limit,
        }),
      );
      return Items.map((item) => numberedRunEvent.parse(bare(item)));
    },
  };
}
