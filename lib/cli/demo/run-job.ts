import { randomUUID } from 'node:crypto';
import type { ApiClient } from '#adapters/client/api-client.ts';
import type { NumberedEvent } from '#contracts/job-events.ts';
import type { JobStatus } from '#contracts/job-states.ts';
import type { JobView } from '#contracts/job-view.ts';
import { formatDuration, statusFormat } from '../format.ts';
import { followJob } from '../job/follow-job.ts';
import { showResult } from '../job/show-result.ts';
import { printableLine } from '../printable.ts';
import type { Teller } from './teller.ts';
import { wrap } from './wrap.ts';

const queued = 'its row is in DynamoDB, its id in SQS';
const succeeded = 'the result is in S3, the worker goes away';

const meanings: Record<JobView['lane'], Partial<Record<JobStatus, string>>> = {
  fargate: {
    QUEUED: queued,
    STARTING: 'the dispatcher has claimed it and called ecs:RunTask',
    RUNNING: 'a worker process of its own has taken it up',
    SUCCEEDED: succeeded,
  },
  function: {
    QUEUED: queued,
    STARTING: 'the dispatcher has claimed it and invoked the worker function',
    RUNNING: 'a function has taken it up: it needs no tools, so no container',
    SUCCEEDED: 'the result is in S3',
  },
};

export interface DemoRequest {
  type: string;
  payload: Record<string, unknown>;
}

/** Submits a job and tells how it moves through its states, to its result. */
export async function runJob(
  tell: Teller,
  api: ApiClient,
  request: DemoRequest,
  signal: AbortSignal,
): Promise<JobView> {
  const said = String(Object.values(request.payload)[0]);
  tell.step(`POST /jobs: ${request.type} "${said}"`);
  const job = await submitAndFollow(tell, api, request, signal);
  if (job.status !== 'SUCCEEDED') return job;
  const { body } = await api.call('readResult', { params: { id: job.id } });
  const { text, footnote } = showResult(body);
  for (const line of wrap(text, 86)) tell.line(`  ${line}`);
  if (footnote !== undefined) tell.line(tell.out.paint('gray', footnote));
  return job;
}

/** Tells every state, and why where it is a bad end. */
export async function submitAndFollow(
  tell: Teller,
  api: ApiClient,
  request: DemoRequest,
  signal: AbortSignal,
  onEvent?: (event: NumberedEvent) => void,
): Promise<JobView> {
  const submittedMs = performance.now();
  const { body } = await api.call('submitJob', { body: request, idempotencyKey: randomUUID(), signal });
  const job = await followJob(api, body.id, {
    signal,
    ...(onEvent && { onEvent }),
    onState: ({ status, lane }) => {
      const at = `+${formatDuration(performance.now() - submittedMs)}`;
      const meaning = meanings[lane][status] ?? '';
      tell.line(`${at}  ${tell.out.paint(statusFormat(status), status.padEnd(9))}  ${meaning}`.trimEnd());
    },
  });
  if (job.status !== 'SUCCEEDED')
    tell.line(`${job.error?.code}: ${printableLine(job.error?.message ?? job.statusReason ?? '')}`);
  return job;
}
