import { GetCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import type { NoteStore, NotesPlace } from '#core/ports/notes.ts';
import { applied } from './dynamo-errors.ts';
import type { DynamoTable } from './dynamo-table.ts';

const noteItem = z.object({ text: z.string(), version: z.number() });
const listedItem = z.object({ noteKey: z.string(), version: z.number(), characters: z.number() });

function partition({ project, scope }: NotesPlace): string {
  return `NOTES#${project}#${scope}`;
}

/** One item a note. What expires them is renewed by every write. */
export function makeDynamoNotes({ client, tableName: TableName }: DynamoTable): NoteStore {
  return {
    async list(place) {
      const notes: Awaited<ReturnType<NoteStore['list']>> = [];
      let start: Record<string, unknown> | undefined;
      do {
        const page = await client.send(
          new QueryCommand({
            TableName,
            ConsistentRead: true,
            KeyConditionExpression: 'pk = :pk',
            ExpressionAttributeValues: { ':pk': partition(place) },
            ExpressionAttributeNames: { '#version': 'version', '#characters': 'characters' },
            ProjectionExpression: 'noteKey, #version, #characters',
            ...(start ? { ExclusiveStartKey: start } : {}),
          }),
        );
        for (const item of page.Items ?? []) {
          const { noteKey: key, version, characters } = listedItem.parse(item);
          notes.push({ key, version, characters });
        }
        start = page.LastEvaluatedKey;
      } while (start);
      return notes;
    },
    async get(place, key) {
      const Key = { pk: partition(place), sk: key };
      const { Item } = await client.send(new GetCommand({ TableName, Key, ConsistentRead: true }));
      return Item && noteItem.parse(Item);
    },
    async put(place, { key, text, expectedVersion, expiresAtMs }) {
      const Item = {
        pk: partition(place),
        sk: key,
        noteKey: key,
        text,
        version: expectedVersion + 1,
        characters: text.length,
        expiresAt: Math.floor(expiresAtMs / 1000),
      };
      const condition =
        expectedVersion === 0
          ? { ConditionExpression: 'attribute_not_exists(pk)' }
          : {
              ConditionExpression: '#version = :expected',
              ExpressionAttributeNames: { '#version': 'version' },
              ExpressionAttributeValues: { ':expected': expectedVersion },
            };
      return applied(client.send(new PutCommand({ TableName, Item, ...condition })));
    },
  };
}
