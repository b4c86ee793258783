import type { JobRow, OutboxEntry } from '#contracts/job-row.ts';
import { isTerminal } from '#contracts/job-states.ts';
import { committed } from '#core/money/reserve.ts';
import { runPurse } from '#core/money/run-purse.ts';
import type { CoreDeps, Deps, RunPorts } from '#core/ports/core-deps.ts';
import { slotKey } from '#core/ports/slots.ts';
import { toExecution } from '#core/usage/to-execution.ts';
import { jobEnded, type MakeWebhookDeps, makeWebhook } from '#core/webhooks/make-webhook.ts';
import { afterParents } from './after-parents.ts';
import { changeJob } from './change-job.ts';
import { countEnding } from './count-ending.ts';
import { logFieldsOf } from './log-fields.ts';
import { makeNextJobs } from './next-jobs.ts';
import { registerWaiter } from './register-waiter.ts';

/** `tasks`, `objects`, `workflow` and `courier` are missing where the role may not use them; the reconciler then does it. */
export type RelayDeps = Deps<
  | 'store'
  | 'slots'
  | 'queue'
  | 'months'
  | 'executions'
  | 'webhooks'
  | 'digest'
  | 'clock'
  | 'random'
  | 'settings'
  | 'log'
  | 'metrics'
> &
  Partial<Pick<CoreDeps, 'tasks' | 'objects'> & Pick<RunPorts, 'workflow'>> &
  Pick<MakeWebhookDeps, 'courier'>;

/** SQS delays a message by 15 minutes at most; what is later waits for the reconciler. */
const longestDelaySeconds = 900;

/**
 * Does what the row says must follow, then removes what was done. Best effort: what fails stays in the row and
 * is due again. A queued job's own wake-up stays until the claim takes it, which saves a write per job; the
 * reconciler passes `dropWake` so that it repeats one only once.
 */
export async function relay(
  deps: RelayDeps,
  row: JobRow,
  options: { dropWake?: boolean } = {},
): Promise<JobRow> {
  const done: string[] = [];
  for (const [id, entry] of Object.entries(row.outbox)) {
    if (!(await delivered(deps, row, id, entry))) continue;
    if (entry.kind === 'wake' && row.status === 'QUEUED' && !options.dropWake) continue;
    done.push(id);
  }
  return done.length === 0 ? row : removeDelivered(deps, row, done);
}

async function delivered(deps: RelayDeps, row: JobRow, id: string, entry: OutboxEntry): Promise<boolean> {
  try {
    return await deliver(deps, row, entry);
  } catch (error) {
    // Best effort is right here: the entry is still in the row, and the row is due.
    deps.metrics.count('DeliveryFailures');
    deps.log.warn('outbox entry not delivered', { ...logFieldsOf(row), entry: id, reason: String(error) });
    return false;
  }
}

async function deliver(deps: RelayDeps, row: JobRow, entry: OutboxEntry): Promise<boolean> {
  switch (entry.kind) {
    case 'wake':
      return wake(deps, row, entry.notBeforeMs);
    case 'release':
      if (entry.execution) await deps.executions.put(toExecution(row, entry.attempt, entry.execution));
      await deps.slots.release(row.lane, slotKey(row.id, entry.attempt));
      await deps.queue.send({ v: 1 });
      return true;
    case 'stop':
      if (!deps.tasks || !row.taskArn) return false;
      await deps.tasks.stop(row.taskArn, row.statusReason ?? 'stopped by Muster');
      return true;
    case 'unblock':
      await unblockJob(deps, entry.jobId);
      return true;
    case 'settle':
      return giveBack(deps, row);
    case 'token':
      if (!deps.workflow) return false;
      await deps.workflow.succeed(entry.token, { job: row.id, status: row.status });
      return true;
    case 'webhook':
      if (row.callbackUrl !== undefined) await makeWebhook(deps, jobEnded(row, row.callbackUrl));
      return true;
    case 'next': {
      const { objects } = deps;
      if (!objects) return false;
      for (const next of await makeNextJobs({ ...deps, objects }, row)) await followNext(deps, next);
      return true;
    }
    default:
      return entry satisfies never;
  }
}

/** A job that was just made at the end of another one: it may wait for further ones, or have ended already. */
async function followNext(deps: RelayDeps, row: JobRow): Promise<void> {
  if (row.status !== 'BLOCKED') {
    if (isTerminal(row.status)) countEnding(deps, { ...row, status: 'BLOCKED' }, row);
    await relay(deps, row);
    return;
  }
  for (const parent of row.dependsOn) await registerWaiter(deps, parent, row.id);
  await unblockJob(deps, row.id);
}

async function wake(deps: RelayDeps, row: JobRow, notBeforeMs: number | undefined): Promise<boolean> {
  const waitSeconds = Math.max(0, Math.ceil(((notBeforeMs ?? 0) - deps.clock.nowMs()) / 1000));
  if (waitSeconds > longestDelaySeconds) return true;
  await deps.queue.send({ v: 1, jobId: row.id, traceparent: row.traceparent }, waitSeconds);
  return true;
}

/** A reservation that nobody settled may have been spent: it is not given back. */
async function giveBack(deps: RelayDeps, row: JobRow): Promise<boolean> {
  const { project, grantMonth: month, id: jobId } = row;
  if (month === undefined) return true;
  // A worker that died before its first grant was recorded may have left the request for it on its way.
  const settledFromMs = (row.endedAtMs ?? 0) + deps.settings.timings.dispatchSeconds * 1000;
  if (row.grants === 0 && deps.clock.nowMs() < settledFromMs) return false;
  const keptMicroUsd = committed(row);
  if (row.run) await deps.months.giveBack({ ...runPurse(row.run.id), jobId, keptMicroUsd });
  await deps.months.giveBack({ project, month, jobId, keptMicroUsd });
  return true;
}

async function removeDelivered(deps: RelayDeps, row: JobRow, done: readonly string[]): Promise<JobRow> {
  const decide = (current: JobRow) => {
    const same = done.filter((id) => current.outbox[id] && sameEntry(current.outbox[id], row.outbox[id]));
    return { next: same.length > 0 ? without(current, same) : undefined, value: undefined };
  };
  return (await changeJob(deps, row.id, decide, row)).row;
}

function without(row: JobRow, ids: readonly string[]): JobRow {
  const outbox = Object.fromEntries(Object.entries(row.outbox).filter(([id]) => !ids.includes(id)));
  return { ...row, outbox };
}

function sameEntry(a: OutboxEntry | undefined, b: OutboxEntry | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Looks at all parents of a blocked job and lets it go, fails it, or has it go on waiting. */
export async function unblockJob(deps: RelayDeps, id: string): Promise<JobRow> {
  const { row, before } = await changeJob(deps, id, async (child, moment) => {
    if (child.status !== 'BLOCKED') return { value: undefined };
    const parents = await deps.store.getMany(child.dependsOn);
    return { next: afterParents(child, parents, moment), value: undefined };
  });
  if (row === before) return row;
  countEnding(deps, before, row);
  return relay(deps, row);
}
