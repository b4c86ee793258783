import type { Caller } from '#contracts/access.ts';
import type { JobRow } from '#contracts/job-row.ts';
import { dispatch } from '#core/dispatch/dispatch.ts';
import { submitJob } from '#core/jobs/submit-job.ts';
import { startAttempt } from '#core/worker/start-attempt.ts';
import { MemoryCompute } from './memory-compute.ts';
import type { MemoryDeps } from './memory-deps.ts';

export const traceparent = '00-00000000000000000000000000000000-0000000000000000-00';

export const everyone: Caller = { arn: 'arn:aws:iam::1:role/Client', projects: '*', approver: true };

export function callerOf(...projects: string[]): Caller {
  return { arn: 'arn:aws:iam::1:role/Guest', projects, approver: false };
}

export const echoBody = { type: 'echo', payload: { message: 'hi' } };
export const chatBody = { type: 'chat', payload: { prompt: 'hi' } };

export async function submit(
  deps: MemoryDeps,
  body: unknown = echoBody,
  idempotencyKey?: string,
): Promise<JobRow> {
  return (await submitJob(deps, everyone, body, { idempotencyKey, traceparent })).row;
}

export interface StartedWorker {
  id: string;
  attempt: number;
  session: { jobId: string; attempt: number; session: string };
  taskArn: string;
}

/** Lets the dispatcher claim the best job, and the worker of its task begin. */
export async function startNext(deps: MemoryDeps, instance = '11'.repeat(32)): Promise<StartedWorker> {
  const before = new Set(deps.launcher.tasks.keys());
  const outcome = await dispatch(deps, { v: 1 });
  const taskArn = [...deps.launcher.tasks.keys()].find((arn) => !before.has(arn));
  const request = taskArn === undefined ? undefined : deps.launcher.tasks.get(taskArn)?.request;
  if (!request || taskArn === undefined) throw new Error(`nothing was started: ${outcome}`);
  const { jobId, attempt, ticket } = request;
  const { session } = await startAttempt(deps, { protocolVersion: 2, jobId, attempt, ticket, instance });
  return { id: jobId, attempt, session: { jobId, attempt, session }, taskArn };
}

export async function rowOf(deps: MemoryDeps, id: string): Promise<JobRow> {
  const row = await deps.store.get(id);
  if (!row) throw new Error(`no job ${id}`);
  return row;
}

/** The task's process is gone, as ECS tells it. */
export function dies(deps: MemoryDeps, { id, attempt }: { id: string; attempt: number }): void {
  deps.tasks.set(MemoryCompute.arn(id, attempt), { kind: 'stopped', how: 'exited', reason: 'exit code 137' });
}

/** Puts a result where a worker would, and says what `finish` has to say of it. */
export async function putResult(
  deps: MemoryDeps,
  { id, attempt, session }: StartedWorker,
  body = '{"message":"hi"}',
) {
  const key = `projects/default/jobs/${id}/attempts/${attempt}/result.json`;
  await deps.objects.put(key, body);
  const result = { sha256: deps.digest.sha256(body), bytes: new TextEncoder().encode(body).length };
  return { ...session, outcome: { kind: 'succeeded' as const, result } };
}
