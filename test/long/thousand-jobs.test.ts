import { setTimeout as delay } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { makeDynamoJobStore } from '../../lib/adapters/aws/dynamo-job-store.ts';
import type { Priority } from '../../lib/contracts/priorities.ts';
import { makeRow } from '../fakes/job-rows.ts';
import { type Bed, briskSettings, startBed } from '../local/end-to-end/harness.ts';

const jobs = 1_000;
const late = 60;
const perCall = 10;
const priorities: Priority[] = ['high', 'medium', 'low'];
const nowMs = Date.now();

/** No task gets a process, and nobody but this test wakes the dispatcher: each claim can be seen by itself. */
let bed: Bed;
let dynamo: DynamoDBDocumentClient;
beforeAll(async () => {
  const timings = { ...briskSettings.timings, leaseSeconds: 3_600, startSeconds: 3_600 };
  bed = await startBed({
    concurrency: 0,
    ruleTickMs: 3_600_000,
    environment: { MAX_CONCURRENT_WORKERS: String(jobs), TIMINGS: JSON.stringify(timings) },
  });
  const { url, region, clientCredentials } = bed.cloud;
  const sdk = { endpoint: url, region, credentials: clientCredentials, maxAttempts: 1 };
  dynamo = DynamoDBDocumentClient.from(new DynamoDBClient(sdk));
}, 130_000);
afterAll(async () => {
  dynamo?.destroy();
  await bed?.close();
}, 20_000);

const table = () => ({ client: dynamo, tableName: bed.cloud.outputs.TableName ?? '' });

async function add(ids: readonly number[]): Promise<void> {
  const store = makeDynamoJobStore(table(), { ...briskSettings.timings, leaseSeconds: 3_600 } as never);
  const times = {
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    queuedAtMs: nowMs,
    deadlineAtMs: nowMs + 86_400_000,
  };
  const create = (index: number) =>
    store.create(makeRow({ id: `job-${index}`, priority: priorityOf(index), ...times }));
  for (let from = 0; from < ids.length; from += 25) await Promise.all(ids.slice(from, from + 25).map(create));
}

/** What comes late is high. */
function priorityOf(index: number): Priority {
  return index >= jobs - late ? 'high' : (priorities[(index * 7 + (index >> 3)) % 3] ?? 'low');
}

interface Visible {
  id: string;
  priority: Priority;
}

/** The index, as DynamoDB answers now. */
async function visible(): Promise<Visible[]> {
  const found: Visible[] = [];
  let ExclusiveStartKey: Record<string, unknown> | undefined;
  do {
    const page = await dynamo.send(
      new QueryCommand({
        TableName: table().tableName,
        IndexName: 'queued',
        KeyConditionExpression: 'queuedShard = :lane',
        ExpressionAttributeValues: { ':lane': 'fargate' },
        ExclusiveStartKey,
      }),
    );
    for (const { pk } of page.Items ?? []) {
      const id = String(pk).slice('JOB#'.length);
      found.push({ id, priority: priorityOf(Number(id.slice('job-'.length))) });
    }
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey);
  return found;
}

/** One call of the dispatcher with ten wake-ups, which it serves one after another. */
async function wake(): Promise<void> {
  const name = bed.cloud.lambda.functionNames().find((one) => one.includes('Dispatcher')) ?? '';
  const Records = Array.from({ length: perCall }, (_, index) => ({ messageId: `${index}`, body: '{"v":1}' }));
  const outcome = await bed.cloud.lambda.invoke(name, { Records });
  expect(outcome).toMatchObject({ ok: true, payload: '{"batchItemFailures":[]}' });
}

const countOf = (some: readonly Visible[]) =>
  priorities.map((one) => some.filter((job) => job.priority === one).length);

test('of 1,000 queued jobs of three priorities no lower one is claimed while a higher one is visible [A9]', async () => {
  const all = Array.from({ length: jobs }, (_, index) => index);
  await add(all.slice(0, jobs - late));
  let before = await visible();
  expect(before).toHaveLength(jobs - late);
  let claimed = 0;
  for (let call = 0; before.length > 0 && call < 2 * jobs; call++) {
    await wake();
    const left = await visible();
    const stays = new Set(left.map(({ id }) => id));
    const taken = before.filter(({ id }) => !stays.has(id));
    claimed += taken.length;
    // Ten at a call: as many of each priority as are left when all higher ones have had their turn.
    const [high = 0, medium = 0] = countOf(before);
    const highs = Math.min(high, taken.length);
    const mediums = Math.min(medium, taken.length - highs);
    expect(countOf(taken)).toEqual([highs, mediums, taken.length - highs - mediums]);
    if (call === 50) await add(all.slice(jobs - late));
    before = call === 50 ? await visible() : left;
    if (taken.length === 0) await delay(20);
  }
  expect(claimed).toBe(jobs);
  const runTasks = bed.cloud.calls().filter(({ operation }) => operation === 'RunTask');
  expect(runTasks.reduce((sum, { count }) => sum + count, 0)).toBe(jobs);
}, 600_000);
