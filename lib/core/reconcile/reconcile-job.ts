import type { JobRow } from '#contracts/job-row.ts';
import { isTerminal } from '#contracts/job-states.ts';
import { type ChangeDeps, changeJob } from '#core/jobs/change-job.ts';
import { countEnding } from '#core/jobs/count-ending.ts';
import { dueAtMs } from '#core/jobs/indexes.ts';
import { type RelayDeps, relay, unblockJob } from '#core/jobs/relay.ts';
import {
  concludeStop,
  deadlineError,
  end,
  failAttempt,
  interruptAttempt,
  leaveSpot,
  type Moment,
  stop,
} from '#core/jobs/transitions.ts';
import type { TaskState } from '#core/ports/compute.ts';
import type { Deps } from '#core/ports/core-deps.ts';
import { callOverAtMs, functionState } from './function-call.ts';

export type ReconcileDeps = RelayDeps & ChangeDeps & Deps<'tasks'>;

/** What an ECS event says of one task. A hint: what counts is what DescribeTasks answers. */
export interface TaskHint {
  attempt: number;
  taskArn: string;
}

/**
 * Brings one job forward as far as its row, the clock and its compute allow: overdue deliveries, deadlines,
 * lost leases, stops to verify, back-offs that are over. Running it at any time, by any number of callers at
 * once, is harmless.
 */
export async function reconcileJob(
  deps: ReconcileDeps,
  id: string,
  hint?: TaskHint,
): Promise<JobRow | undefined> {
  const found = await deps.store.get(id);
  if (!found) return undefined;
  if (isTerminal(found.status) && Object.keys(found.outbox).length === 0) return found;
  if (found.status === 'BLOCKED' && found.deadlineAtMs > deps.clock.nowMs()) return unblockJob(deps, id);
  const seen = await lookAtCompute(deps, found, hint);
  const decide = async (row: JobRow, moment: Moment) => {
    // What was seen belongs to the row it was looked up for: having looked for nothing proves nothing.
    const isSame =
      row.attempt === found.attempt && row.status === found.status && row.taskArn === found.taskArn;
    return {
      next: next(row, isSame ? seen : await lookAtCompute(deps, row, hint), moment),
      value: undefined,
    };
  };
  const { row, before } = await changeJob(deps, id, decide, found);
  if (row !== before) {
    countEnding(deps, before, row);
    if (row.failures > before.failures)
      deps.metrics.count(isUnstarted(seen) ? 'StartFailures' : 'AttemptsLost');
    if (row.status !== before.status) deps.metrics.count('ReconcilerRepairs');
  }
  // What is known to be gone need not be stopped first: the stop is concluded at once.
  const isKnown = row.lane === 'function' || seen.state?.kind === 'stopped';
  if (row.status === 'STOPPING' && row.status !== before.status && isKnown) return reconcileJob(deps, id);
  return Object.keys(row.outbox).length > 0
    ? relay(deps, row, { dropWake: row.status === before.status })
    : row;
}

interface Seen {
  taskArn?: string;
  state?: TaskState;
  /** It was looked for, and ECS lists none. */
  isUnlisted?: boolean;
}

function isUnstarted({ state }: Seen): boolean {
  return state?.kind === 'stopped' && state.how === 'unstarted';
}

/** Asks ECS only where the answer decides something: an event named the task, or a stop is to be verified. */
async function lookAtCompute(deps: ReconcileDeps, row: JobRow, hint: TaskHint | undefined): Promise<Seen> {
  if (row.lane === 'function')
    return lookAtFunction(row, { nowMs: deps.clock.nowMs(), timings: deps.settings.timings });
  const isHinted = hint !== undefined && hint.attempt === row.attempt;
  const isActive = row.status === 'STARTING' || row.status === 'RUNNING';
  if (isHinted && isActive) return { taskArn: hint.taskArn, state: await deps.tasks.describe(hint.taskArn) };
  const mayBeLost = isActive && isPast(row.leaseUntilMs, deps.clock.nowMs());
  if (row.status !== 'STOPPING' && !mayBeLost) return {};
  const taskArn =
    row.taskArn ?? (isHinted ? hint.taskArn : undefined) ?? (await deps.tasks.find(row.id, row.attempt))[0];
  if (!taskArn) return { isUnlisted: true };
  return { taskArn, state: await deps.tasks.describe(taskArn) };
}

function lookAtFunction(row: JobRow, moment: Omit<Moment, 'fraction'>): Seen {
  const mayBeLost = row.status === 'RUNNING' && isPast(row.leaseUntilMs, moment.nowMs);
  return row.status === 'STOPPING' || mayBeLost ? { state: functionState(row, moment) } : {};
}

function isPast(atMs: number | undefined, nowMs: number): boolean {
  return atMs !== undefined && atMs <= nowMs;
}

function next(row: JobRow, seen: Seen, moment: Moment): JobRow | undefined {
  switch (row.status) {
    case 'BLOCKED':
      return isPast(row.deadlineAtMs, moment.nowMs)
        ? end(row, 'TIMED_OUT', moment, { error: deadlineError(row) })
        : undefined;
    case 'QUEUED':
      return nextQueued(row, moment);
    case 'STARTING':
    case 'RUNNING':
      return nextActive(row, seen, moment);
    case 'STOPPING':
      return nextStopping(row, seen, moment);
    case 'SUCCEEDED':
    case 'FAILED':
    case 'TIMED_OUT':
    case 'CANCELLED':
      return undefined;
    default:
      return row.status satisfies never;
  }
}

function nextQueued(row: JobRow, moment: Moment): JobRow | undefined {
  if (isPast(row.deadlineAtMs, moment.nowMs))
    return end(row, 'TIMED_OUT', moment, { error: deadlineError(row) });
  if (!isPast(row.notBeforeMs, moment.nowMs)) return undefined;
  const outbox = { ...row.outbox, wake: { kind: 'wake', jobId: row.id } as const };
  return { ...row, notBeforeMs: undefined, outbox };
}

function nextActive(row: JobRow, seen: Seen, moment: Moment): JobRow | undefined {
  const known = withSeen(row, seen, moment);
  if (isPast(row.deadlineAtMs, moment.nowMs))
    return stop(known, 'deadline', 'deadlineSeconds is over; waiting until the worker is gone', moment);
  if (isPast(row.timeoutAtMs, moment.nowMs))
    return stop(known, 'timeout', 'timeoutSeconds is over; waiting until the worker is gone', moment);
  if (seen.state?.kind === 'stopped') return afterDeath(row, seen.state, moment);
  if (isPast(row.leaseUntilMs, moment.nowMs)) {
    return row.status === 'STARTING'
      ? stop(known, 'stranded', 'the worker did not start in time; making sure that it is gone', moment)
      : stop(known, 'lost', 'the worker stopped answering; making sure that it is gone', moment);
  }
  return isStale(row, moment) ? row : undefined;
}

/** A heartbeat moved the lease but not the index: writing the row again moves the index. */
function isStale(row: JobRow, moment: Moment): boolean {
  return (dueAtMs(row, moment.timings) ?? 0) > moment.nowMs;
}

/** The worker is gone without having said anything. */
function afterDeath(row: JobRow, state: Extract<TaskState, { kind: 'stopped' }>, moment: Moment): JobRow {
  switch (state.how) {
    case 'interrupted':
      return interruptAttempt(row, state.reason, moment);
    case 'unstarted':
      // Whatever it was, on demand it either does not come again or is the job's own.
      if (row.capacity === 'spot') return leaveSpot(row, state.reason, moment);
      return failAttempt(
        row,
        { code: 'start_failed', message: state.reason, remedy: 'run: muster doctor' },
        moment,
      );
    case 'exited':
      return failAttempt(
        row,
        { code: 'worker_lost', message: `the worker ended without a word: ${state.reason}` },
        moment,
      );
    default:
      return state.how satisfies never;
  }
}

function nextStopping(row: JobRow, seen: Seen, moment: Moment): JobRow {
  if (isGone(row, seen, moment)) return concludeStop(row, moment);
  if (row.lane === 'function') return { ...row, retryAtMs: callOverAtMs(row, moment) ?? moment.nowMs };
  const outbox = { ...row.outbox, [`stop-${row.attempt}`]: { kind: 'stop', attempt: row.attempt } as const };
  const retryAtMs = moment.nowMs + moment.timings.outboxRetrySeconds * 1000;
  return { ...withSeen(row, seen, moment), retryAtMs, outbox };
}

function withSeen(row: JobRow, { taskArn, isUnlisted }: Seen, { nowMs }: Moment): JobRow {
  if (taskArn) return { ...row, taskArn, unseenSinceMs: undefined };
  return isUnlisted ? { ...row, unseenSinceMs: row.unseenSinceMs ?? nowMs } : row;
}

/**
 * STOPPED is proof. A task that ECS does not know, or that was never recorded, is believed to be gone only once
 * no launch can be under way any more and ECS has had time to become consistent. ECS does not list a task that
 * is told to stop, and it lives on for its stopTimeout: so one without a record has to be unlisted for as long.
 */
function isGone(row: JobRow, seen: Seen, moment: Moment): boolean {
  if (seen.state?.kind === 'stopped') return true;
  if (seen.state?.kind === 'alive') return false;
  const { dispatchSeconds, missingGraceSeconds } = moment.timings;
  const sinceMs = seen.isUnlisted ? (row.unseenSinceMs ?? moment.nowMs) : 0;
  const untilMs = Math.max(
    (row.claimedAtMs ?? 0) + (dispatchSeconds + missingGraceSeconds) * 1000,
    sinceMs + missingGraceSeconds * 1000,
  );
  return isPast(untilMs, moment.nowMs);
}
