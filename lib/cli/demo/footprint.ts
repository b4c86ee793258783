import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { defaultCompute } from '#contracts/compute.ts';
import type { JobView } from '#contracts/job-view.ts';
import type { Footprint } from '#core/money/receipt.ts';
import type { LocalCloud } from '../../local/cloud.ts';

type Calls = ReturnType<LocalCloud['calls']>;

/** A person looks at a job some ten times; the demo looks all the time, to show every state. */
const looksPerJob = 10;
/** Memory of a worker that is a function. */
const workGiB = 0.5;
/** Submit and read the result. */
const otherCallsPerJob = 2;

const kinds = {
  dynamoWrites: ['PutItem', 'UpdateItem', 'DeleteItem'],
  dynamoReads: ['GetItem', 'BatchGetItem', 'Query'],
  s3Puts: ['PutObject', 'ListObjectsV2'],
  s3Gets: ['GetObject', 'HeadObject'],
} as const;

/** What the jobs have used, as the local cloud has counted it. */
export function footprintOf(jobs: readonly JobView[], calls: Calls, logBytes: number): Footprint {
  const count = (services: string, operations?: readonly string[]) =>
    sum(calls.filter((call) => call.service === services && (operations?.includes(call.operation) ?? true)));
  const workerRequests = sum(
    calls.filter(({ service, caller }) => service === 'execute-api' && caller === 'worker'),
  );
  const httpRequests = workerRequests + jobs.length * (looksPerJob + otherCallsPerJob);
  const sent = count('sqs', ['SendMessage']);
  return {
    workers: jobs
      .filter(({ lane }) => lane === 'fargate')
      .map((job) => ({ compute: defaultCompute, seconds: secondsOf(job) })),
    functionWorkGiBSeconds: sumOf(jobs, (job) => (job.lane === 'function' ? secondsOf(job) : 0)) * workGiB,
    httpRequests,
    // One for each request, one for each message, and one when each worker's end is told.
    functionCalls: httpRequests + sent + jobs.length,
    dynamoWrites: count('dynamodb', kinds.dynamoWrites),
    dynamoReads: count('dynamodb', kinds.dynamoReads),
    // A message is sent, received and deleted.
    sqsRequests: sent * 3,
    s3Puts: count('s3', kinds.s3Puts),
    s3Gets: count('s3', kinds.s3Gets),
    secretReads: count('secretsmanager'),
    logBytes,
    modelUsd: sumOf(jobs, ({ costUsd }) => costUsd),
  };
}

/** All that was logged, in bytes. */
export function logBytesIn(dataDir: string): number {
  const files = readdirSync(join(dataDir, 'logs'), { recursive: true, withFileTypes: true });
  return files
    .filter((file) => file.isFile())
    .reduce((total, file) => total + statSync(join(file.parentPath, file.name)).size, 0);
}

function secondsOf({ startedAt, endedAt, createdAt }: JobView): number {
  return (Date.parse(endedAt ?? createdAt) - Date.parse(startedAt ?? createdAt)) / 1_000;
}

function sumOf(jobs: readonly JobView[], value: (job: JobView) => number): number {
  return jobs.reduce((total, job) => total + value(job), 0);
}

function sum(calls: Calls): number {
  return calls.reduce((total, { count }) => total + count, 0);
}
