import { Database } from '../../../lib/local/dynamo-database.ts';

/** Moves eight rows about in an index for as long as it lives; says so in a line once it has begun. */
const [folder = ''] = process.argv.slice(2);
const database = await Database.open(folder);
if (!(await database.describe('rows'))) {
  await database.createTable({
    TableName: 'rows',
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    AttributeDefinitions: ['pk', 'queue', 'place'].map((AttributeName) => ({
      AttributeName,
      AttributeType: 'S',
    })),
    BillingMode: 'PAY_PER_REQUEST',
    GlobalSecondaryIndexes: [
      {
        IndexName: 'queued',
        KeySchema: [
          { AttributeName: 'queue', KeyType: 'HASH' },
          { AttributeName: 'place', KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'ALL' },
      },
    ],
  });
}

async function move(pk: string): Promise<never> {
  for (let place = Date.now(); ; place += 1) {
    const Item = { pk: { S: pk }, queue: { S: 'all' }, place: { S: String(place) } };
    await database.call('PutItem', { TableName: 'rows', Item });
  }
}

console.log('moving');
await Promise.all(Array.from({ length: 8 }, (_, n) => move(`row ${n}`)));
