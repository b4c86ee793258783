import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { Database } from '../../../lib/local/dynamo-database.ts';

test('what is on its way when it closes is answered first, and what comes later is refused', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'muster-database-'));
  const database = new Database(join(folder, 'dynamodb'));
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
  rmSync(folder, { recursive: true });
});
