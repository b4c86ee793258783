import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { defaultTimings } from '#contracts/limits.ts';
import { makeDynamoExecutions } from '../../../lib/adapters/aws/dynamo-executions.ts';
import { makeDynamoJobStore } from '../../../lib/adapters/aws/dynamo-job-store.ts';
import { makeDynamoMonths } from '../../../lib/adapters/aws/dynamo-months.ts';
import { makeDynamoNotes } from '../../../lib/adapters/aws/dynamo-notes.ts';
import {
  makeDynamoEventLog,
  makeDynamoLedger,
  makeDynamoProjects,
} from '../../../lib/adapters/aws/dynamo-records.ts';
import { makeDynamoRunStore } from '../../../lib/adapters/aws/dynamo-run-store.ts';
import { makeDynamoSlots } from '../../../lib/adapters/aws/dynamo-slots.ts';
import { makeS3Objects } from '../../../lib/adapters/aws/s3-objects.ts';
import { makeSqsQueue } from '../../../lib/adapters/aws/sqs-queue.ts';
import { startDynamo } from '../../../lib/local/dynamo.ts';
import { startMessaging } from '../../../lib/local/messaging.ts';
import { startS3 } from '../../../lib/local/s3.ts';
import type { LocalServer } from '../../../lib/local/server.ts';
import { clientOptions, makeTempDir, serveLocally } from '../../local/services/harness.ts';

const text = (AttributeName: string) => ({ AttributeName, AttributeType: 'S' });
const index = (IndexName: string, hash: string, range: string) => ({
  IndexName,
  KeySchema: [
    { AttributeName: hash, KeyType: 'HASH' },
    { AttributeName: range, KeyType: 'RANGE' },
  ],
  Projection: { ProjectionType: 'KEYS_ONLY' },
});

/** The stack's table: keys and indexes as `Data` deploys them. */
const table = {
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
  AttributeDefinitions: [
    ...['pk', 'sk', 'queuedShard', 'queuedKey', 'dueShard', 'listShard', 'listKey'].map(text),
    { AttributeName: 'dueAtMs', AttributeType: 'N' },
  ],
  GlobalSecondaryIndexes: [
    index('queued', 'queuedShard', 'queuedKey'),
    index('due', 'dueShard', 'dueAtMs'),
    index('listed', 'listShard', 'listKey'),
  ],
};

/** The adapters of AWS over the local services, with a table and a bucket of their own at every `fresh`. */
export async function startLocalAws() {
  const temp = await makeTempDir();
  const dynamo = await startDynamo({});
  const s3 = await startS3({ dir: temp.dir });
  let server: LocalServer | undefined;
  const messaging = await startMessaging({ port: () => server?.port ?? 0 });
  server = await serveLocally({ dynamodb: dynamo, s3, sqs: messaging.sqs });
  const options = clientOptions(server);
  const dynamoClient = new DynamoDBClient(options);
  const client = DynamoDBDocumentClient.from(dynamoClient, {
    marshallOptions: { removeUndefinedValues: true },
  });
  const s3Client = new S3Client({
    ...options,
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
  const sqsClient = new SQSClient(options);
  let count = 0;
  return {
    async fresh() {
      count += 1;
      const name = `muster-${count}`;
      await dynamo.ensureTable({ TableName: name, ...table });
      await s3.ensureBucket(name);
      const place = { client, tableName: name };
      return {
        store: makeDynamoJobStore(place, defaultTimings),
        slots: makeDynamoSlots(place),
        months: makeDynamoMonths(place),
        runs: makeDynamoRunStore(place, defaultTimings),
        ledger: makeDynamoLedger(place),
        executions: makeDynamoExecutions(place),
        events: makeDynamoEventLog(place),
        projects: makeDynamoProjects(place),
        notes: makeDynamoNotes(place),
        objects: makeS3Objects(name, s3Client),
      };
    },
    async newQueue() {
      count += 1;
      const { url, name } = await messaging.ensureQueue({ QueueName: `queue-${count}` });
      return { queue: makeSqsQueue(url, sqsClient), name, messaging };
    },
    async close() {
      for (const one of [dynamoClient, s3Client, sqsClient]) one.destroy();
      await server?.close();
      await dynamo.close();
      await messaging.close();
      await temp.remove();
    },
  };
}

export type LocalAws = Awaited<ReturnType<typeof startLocalAws>>;
export type StoredObjects = Awaited<ReturnType<LocalAws['fresh']>>['objects'];
