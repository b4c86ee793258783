import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { type TeamDocument, teamDocument } from '#contracts/team.ts';
import type { StoredTeam, Teams } from '#core/ports/teams.ts';
import { type DynamoTable, queryPages } from './dynamo-table.ts';

const teamItem = z.object({ document: z.string(), updatedAtMs: z.number() });

/** An item holds 400 KB; what goes with the text is small. */
export const teamBytes = 350_000;

/** The teams that people have put, over those that came with the deployment. */
export function makeDynamoTeams(table: DynamoTable, shipped: readonly TeamDocument[]): Teams {
  const { client, tableName: TableName } = table;
  const keyOf = (name: string) => ({ pk: 'TEAMS', sk: `TEAM#${name}` });
  const own = shipped.map((document): StoredTeam => ({ document, origin: 'shipped' }));

  return {
    async get(name) {
      const { Item } = await client.send(
        new GetCommand({ TableName, Key: keyOf(name), ConsistentRead: true }),
      );
      return Item ? toStored(Item) : own.find(({ document }) => document.team.name === name);
    },
    async all() {
      const put: StoredTeam[] = [];
      const pages = queryPages(table, {
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :team)',
        ExpressionAttributeValues: { ':pk': 'TEAMS', ':team': 'TEAM#' },
      });
      for await (const item of pages) put.push(toStored(item));
      const names = new Set(put.map(({ document }) => document.team.name));
      const rest = own.filter(({ document }) => !names.has(document.team.name));
      return [...rest, ...put].sort((a, b) => (a.document.team.name < b.document.team.name ? -1 : 1));
    },
    async put(document, by, nowMs) {
      const Item = {
        ...keyOf(document.team.name),
        document: JSON.stringify(document),
        updatedAtMs: nowMs,
        updatedBy: by,
      };
      await client.send(new PutCommand({ TableName, Item }));
    },
  };
}

function toStored(item: Record<string, unknown>): StoredTeam {
  const { document, updatedAtMs } = teamItem.parse(item);
  return { document: teamDocument.parse(JSON.parse(document)), origin: 'put', updatedAtMs };
}
