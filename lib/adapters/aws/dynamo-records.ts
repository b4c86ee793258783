import { GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { jobEvent, type NumberedEvent } from '#contracts/job-events.ts';
import { limits } from '#contracts/limits.ts';
import { tokenUsage } from '#contracts/usage.ts';
import type { EventLog, Ledger, LedgerEntry } from '#core/ports/job-store.ts';
import type { Projects } from '#core/ports/projects.ts';
import { ledgerPlace, ledgerShard } from '#core/usage/list-keys.ts';
import { applied } from './dynamo-errors.ts';
import { readListed } from './dynamo-listed.ts';
import { type DynamoTable, padded, queryPages } from './dynamo-table.ts';

const batchItem = z.object({ attempt: z.number(), firstSeq: z.number(), events: z.array(jobEvent) });

/** One item a call of the worker, so that events cost a write per batch and not one each. */
export function makeDynamoEventLog({ client, tableName: TableName }: DynamoTable): EventLog {
  return {
    async append(jobId, attempt, firstSeq, events, expiresAtMs) {
      const Item = {
        pk: `JOB#${jobId}`,
        sk: `EVENT#${padded(attempt)}#${padded(firstSeq)}`,
        attempt,
        firstSeq,
        events,
        expiresAt: Math.floor(expiresAtMs / 1000),
      };
      await applied(
        client.send(new PutCommand({ TableName, Item, ConditionExpression: 'attribute_not_exists(pk)' })),
      );
    },
    async read(jobId, after, limit) {
      // The batch that holds the next event may begin before it.
      const from = `EVENT#${padded(after.attempt)}#${padded(Math.max(0, after.seq - limits.eventsPerCall + 1))}`;
      const events: NumberedEvent[] = [];
      const pages = queryPages(
        { client, tableName: TableName },
        {
          KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
          ExpressionAttributeValues: { ':pk': `JOB#${jobId}`, ':from': from, ':to': 'EVENT#~' },
          Limit: limit,
        },
      );
      for await (const item of pages) {
        const { attempt, seq } = after;
        const isNew = (event: NumberedEvent) => event.attempt > attempt || event.seq > seq;
        events.push(...numbered(batchItem.parse(item)).filter(isNew));
        if (events.length >= limit) break;
      }
      return events.slice(0, limit);
    },
  };
}

function numbered({ attempt, firstSeq, events }: z.infer<typeof batchItem>): NumberedEvent[] {
  return events.map((event, index) => ({ ...event, attempt, seq: firstSeq + index }));
}

const ledgerItem = z.object({
  jobId: z.string(),
  project: z.string(),
  key: z.string(),
  model: z.string(),
  usage: tokenUsage,
  microUsd: z.number(),
  savedMicroUsd: z.number().optional(),
  atMs: z.number(),
  run: z.string().optional(),
  agent: z.string().optional(),
});

export function makeDynamoLedger(table: DynamoTable): Ledger {
  const { client, tableName: TableName } = table;
  return {
    async put(entry) {
      const place = ledgerPlace(entry);
      const Item = { pk: `JOB#${entry.jobId}`, sk: `LEDGER#${entry.key}`, ...place, ...entry };
      await applied(
        client.send(new PutCommand({ TableName, Item, ConditionExpression: 'attribute_not_exists(pk)' })),
      );
    },
    async entries(jobId) {
      const entries: LedgerEntry[] = [];
      const pages = queryPages(
        { client, tableName: TableName },
        {
          KeyConditionExpression: 'pk = :pk AND begins_with(sk, :ledger)',
          ExpressionAttributeValues: { ':pk': `JOB#${jobId}`, ':ledger': 'LEDGER#' },
        },
      );
      for await (const item of pages) entries.push(ledgerItem.parse(item));
      return entries;
    },
    async ofDay({ project, day, afterKey, limit }) {
      const range = { order: 'ascending', beyond: afterKey, limit } as const;
      const found = await readListed(table, { shard: ledgerShard(project, day), ...range });
      return found.map(({ key, item }) => ({ key, entry: ledgerItem.parse(item) }));
    },
  };
}

const projectsKey = { pk: 'PROJECTS', sk: 'PROJECTS' };

/** Names are noted once per warm function: the set changes a few times in a deployment's life. */
export function makeDynamoProjects({ client, tableName: TableName }: DynamoTable): Projects {
  const known = new Set<string>();
  return {
    async note(project) {
      if (known.has(project)) return;
      await client.send(
        new UpdateCommand({
          TableName,
          Key: projectsKey,
          UpdateExpression: 'ADD #names :name',
          ExpressionAttributeNames: { '#names': 'names' },
          ExpressionAttributeValues: { ':name': new Set([project]) },
        }),
      );
      known.add(project);
    },
    async all() {
      const { Item } = await client.send(
        new GetCommand({ TableName, Key: projectsKey, ConsistentRead: true }),
      );
      return Item?.names instanceof Set ? [...Item.names].map(String).sort() : [];
    },
  };
}
