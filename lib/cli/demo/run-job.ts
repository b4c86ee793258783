import { randomUUID } from 'node:crypto';
import type { ApiClient } from '#adapters/client/api-client.ts';
import type { JobStatus } from '#contracts/job-states.ts';
import type { JobView } from '#contracts/job-view.ts';
import { formatDuration, statusFormat } from '../format.ts';
import { followJob } from '../job/follow-job.ts';
import { showResult } from '../job/show-result.ts';
import { printableLine } from '../printable.ts';
import type { Teller } from './teller.ts';
import { wrap } from './wrap.ts';

const meanings: Partial<Record<JobStatus, string>> = {
  QUEUED: 'its row is in DynamoDB, its id in SQS',
  STARTING: 'the dispatcher has claimed it and called ecs:RunTask',
  RUNNING: 'a worker process of its own has taken it up',
  SUCCEEDED: 'the result is in S3, the worker goes away',
};

interface DemoRequest {
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
  const submittedMs = performance.now();
  const { body } = await api.call('submitJob', { body: request, idempotencyKey: randomUUID(), signal });
  const job = await followJob(api, body.id, {
    signal,
    onState: ({ status }) => {
      const at = `+${formatDuration(performance.now() - submittedMs)}`;
      tell.line(
        `${at}  ${tell.out.paint(statusFormat(status), status.padEnd(9))}  ${meanings[status] ?? ''}`.trimEnd(),
      );
    },
  });
  if (job.status === 'SUCCEEDED') await tellResult(tell, api, job);
  else tell.line(`${job.error?.code}: ${printableLine(job.error?.message ?? job.statusReason ?? '')}`);
  return job;
}

async function tellResult(tell: Teller, api: ApiClient, { id }: JobView): Promise<void> {
  const { body } = await api.call('readResult', { params: { id } });
  const { text, footnote } = showResult(body);
  for (const line of wrap(text, 86)) tell.line(`  ${line}`);
  if (footnote !== undefined) tell.line(tell.out.paint('gray', footnote));
}
