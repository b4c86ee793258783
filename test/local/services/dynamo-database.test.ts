import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Database, type Json } from '../../../lib/local/dynamo-database.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'muster-database-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('what is on its way when it closes is answered first, and what comes later is refused', async () => {
  const database = await Database.open(join(folder, 'dynamodb'));
  await database.createTable({
    TableName: 'rows',
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
    BillingMode: 'PAY_PER_REQUEST',
  });
  const query = JSON.stringify({
    TableName: 'rows',
    KeyConditionExpression: 'pk = :pk',
    ExpressionAttributeValues: { ':pk': { S: 'one' } },
  });
  const asked = Array.from({ length: 20 }, () => database.send('Query', query));
  const closed = database.close();
  expect((await database.send('Query', query)).status).toBe(500);
  expect((await Promise.all(asked)).map(({ status }) => status)).toEqual(Array(20).fill(200));
  await closed;
});

/** Starts a process that writes all the time, and kills it in the middle of it. */
async function killWriter(path: string): Promise<void> {
  const script = join(import.meta.dirname, 'database-writer.ts');
  const writer = spawn(process.execPath, [script, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(writer.stdout, 'data');
  await delay(150);
  writer.kill('SIGKILL');
  await once(writer, 'exit');
}

async function all(database: Database, input: Json): Promise<string[]> {
  const items: string[] = [];
  for await (const item of database.scan(input)) items.push(JSON.stringify(item));
  return items.sort();
}

test('a kill in the middle of writing loses no row to its indexes, and leaves nothing in them', async () => {
  const path = join(folder, 'dynamodb');
  // Most kills hit a write; one of so many does for sure.
  for (let kill = 0; kill < 5; kill += 1) {
    await killWriter(path);
    const database = await Database.open(path);
    const rows = await all(database, { TableName: 'rows' });
    const indexed = await all(database, { TableName: 'rows', IndexName: 'queued' });
    await database.close();
    expect(rows.length).toBeGreaterThan(0);
    expect(indexed).toEqual(rows);
  }
}, 60_000);
