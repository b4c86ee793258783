import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { execution } from '#contracts/executions.ts';
import { limits } from '#contracts/limits.ts';
import type { Executions } from '#core/ports/job-store.ts';
import { executionPlace, executionShard } from '#core/usage/list-keys.ts';
import { applied } from './dynamo-errors.ts';
import { readListed } from './dynamo-listed.ts';
import type { DynamoTable } from './dynamo-table.ts';

/** The schema without what only the table needs. */
const executionItem = execution.strip();

/** How attempts went; dropped when their jobs' rows are. */
export function makeDynamoExecutions(table: DynamoTable): Executions {
  const { client, tableName: TableName } = table;
  return {
    async put(entry) {
      const Item = {
        pk: `JOB#${entry.jobId}`,
        sk: `EXEC#${String(entry.attempt).padStart(8, '0')}`,
        ...executionPlace(entry),
        ...entry,
        expiresAt: Math.floor(entry.endedAtMs / 1000) + limits.rowRetentionDays * 86_400,
      };
      await applied(
        client.send(new PutCommand({ TableName, Item, ConditionExpression: 'attribute_not_exists(pk)' })),
      );
    },
    async listed({ project, beforeKey, limit }) {
      const range = { order: 'descending', beyond: beforeKey, limit } as const;
      const found = await readListed(table, { shard: executionShard(project), ...range });
      return found.map(({ key, item }) => ({ key, entry: executionItem.parse(item) }));
    },
  };
}
