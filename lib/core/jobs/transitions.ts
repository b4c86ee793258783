import type { Capacity } from '#contracts/capacity.ts';
import type { AttemptOutcome } from '#contracts/executions.ts';
import { functionStartSeconds } from '#contracts/function-call.ts';
import type { JobError, JobRow, OutboxEntry } from '#contracts/job-row.ts';
import {
  isTerminal,
  isTransition,
  type JobStatus,
  type StopCause,
  type TerminalStatus,
} from '#contracts/job-states.ts';
import { limits, type Timings } from '#contracts/limits.ts';
import { monthOf } from '#core/money/month-of.ts';
import { retryDelayMs } from '#core/retry.ts';
import { tokenEntries } from './tokens.ts';

/** What a pure step needs besides the row. */
export interface Moment {
  nowMs: number;
  /** Chance for the back-off, at least 0 and below 1. */
  fraction: number;
  timings: Timings;
}

function to(row: JobRow, status: JobStatus, changes: Partial<JobRow>): JobRow {
  if (!isTransition(row.status, status))
    throw new Error(`${row.status} → ${status} is not a transition of a job`);
  return { ...row, ...changes, status };
}

function withEntries(outbox: JobRow['outbox'], entries: Record<string, OutboxEntry>): JobRow['outbox'] {
  return { ...outbox, ...entries };
}

/** Entries that free what the current attempt holds. Nothing before the first claim. */
function releaseOf(row: JobRow, outcome: AttemptOutcome, moment: Moment): Record<string, OutboxEntry> {
  const holds = row.status === 'STARTING' || row.status === 'RUNNING' || row.status === 'STOPPING';
  const { attempt } = row;
  if (!holds) return {};
  return { [`release-${attempt}`]: { kind: 'release', attempt, ...executionOf(row, outcome, moment) } };
}

/** Only of an attempt that a worker had begun. An echo is nothing that anybody looks up later. */
function executionOf(row: JobRow, outcome: AttemptOutcome, { nowMs }: Moment) {
  const { startedAtMs, sessionSha256, type, capacity } = row;
  if (type === 'echo' || sessionSha256 === undefined || startedAtMs === undefined) return {};
  return { execution: { startedAtMs, endedAtMs: nowMs, outcome, ...(capacity && { capacity }) } };
}

const noClaim = {
  claimedBy: undefined,
  claimedAtMs: undefined,
  ticketSha256: undefined,
  sessionSha256: undefined,
  taskArn: undefined,
  capacity: undefined,
  stopCause: undefined,
  turns: undefined,
  unseenSinceMs: undefined,
  leaseUntilMs: undefined,
  timeoutAtMs: undefined,
  retryAtMs: undefined,
} as const;

export function end(
  row: JobRow,
  status: TerminalStatus,
  moment: Moment,
  extra: Partial<JobRow> = {},
): JobRow {
  const entries: Record<string, OutboxEntry> = { ...releaseOf(row, status, moment) };
  if (row.grantMonth !== undefined) entries.settle = { kind: 'settle' };
  Object.assign(entries, tokenEntries(row));
  if (row.callbackUrl !== undefined) entries.webhook = { kind: 'webhook' };
  if (row.next !== undefined) entries.next = { kind: 'next' };
  for (const child of row.waiters) entries[`unblock-${child}`] = { kind: 'unblock', jobId: child };
  const { wake: _, [`stop-${row.attempt}`]: __, ...kept } = row.outbox;
  return to(row, status, {
    leaseUntilMs: undefined,
    timeoutAtMs: undefined,
    retryAtMs: undefined,
    notBeforeMs: undefined,
    checkAtMs: undefined,
    stopCause: undefined,
    unseenSinceMs: undefined,
    endedAtMs: moment.nowMs,
    statusReason: undefined,
    outbox: withEntries(kept, entries),
    ...extra,
  });
}

export function fail(row: JobRow, error: JobError, moment: Moment): JobRow {
  return end(row, 'FAILED', moment, { error });
}

/** What a dispatcher brings to a claim. */
export interface Claim {
  by: string;
  ticketSha256: string;
  /** Workers start on Spot first. */
  spot: boolean;
}

export function claim(row: JobRow, { by, ticketSha256, spot }: Claim, moment: Moment): JobRow {
  const { wake: _, ...outbox } = row.outbox;
  return to(row, 'STARTING', {
    ...noClaim,
    attempt: row.attempt + 1,
    claimedBy: by,
    capacity: capacityFor(row, spot),
    claimedAtMs: moment.nowMs,
    ticketSha256,
    leaseUntilMs: moment.nowMs + moment.timings.dispatchSeconds * 1000,
    notBeforeMs: undefined,
    statusReason: undefined,
    outbox,
  });
}

/**
 * Fixed with the claim, so that an attempt has one kind of capacity however often its start is sent: under the same
 * client token other parameters are a conflict. Another kind is another attempt.
 */
function capacityFor(row: JobRow, spot: boolean): Capacity | undefined {
  if (row.lane === 'function') return undefined;
  const isLeftAlone = row.interruptions < limits.spotInterruptions && !row.spotRefused;
  return spot && isLeftAlone ? 'spot' : 'on_demand';
}

/** The task exists: from now on it is the worker that has to answer, and pulling its image takes a while. */
export function launched(row: JobRow, taskArn: string, moment: Moment): JobRow {
  if (row.status !== 'STARTING') return { ...row, taskArn };
  const { startSeconds } = moment.timings;
  const seconds = row.lane === 'function' ? Math.min(startSeconds, functionStartSeconds) : startSeconds;
  return { ...row, taskArn, leaseUntilMs: moment.nowMs + seconds * 1000 };
}

/** Fixes the month before the first grant: one that is made and never recorded is found again by it. */
export function begin(row: JobRow, sessionSha256: string, moment: Moment): JobRow {
  return to(row, 'RUNNING', {
    sessionSha256,
    startedAtMs: moment.nowMs,
    timeoutAtMs: moment.nowMs + row.timeoutSeconds * 1000,
    leaseUntilMs: moment.nowMs + moment.timings.leaseSeconds * 1000,
    delays: 0,
    ...(row.model === undefined ? {} : { grantMonth: row.grantMonth ?? monthOf(moment.nowMs) }),
  });
}

/** Back into the queue, the attempt's number spent for good. */
export function requeue(
  row: JobRow,
  waitMs: number,
  reason: string,
  moment: Moment,
  counters: Partial<JobRow> = {},
): JobRow {
  const notBeforeMs = waitMs > 0 ? moment.nowMs + Math.ceil(waitMs) : undefined;
  const wake: OutboxEntry =
    notBeforeMs === undefined
      ? { kind: 'wake', jobId: row.id }
      : { kind: 'wake', jobId: row.id, notBeforeMs };
  const { [`stop-${row.attempt}`]: _, ...kept } = row.outbox;
  const failed = row.stopCause === 'timeout' ? 'TIMED_OUT' : 'FAILED';
  const outcome = counters.failures === undefined ? 'INTERRUPTED' : failed;
  return to(row, 'QUEUED', {
    ...noClaim,
    notBeforeMs,
    statusReason: reason,
    outbox: withEntries(kept, { ...releaseOf(row, outcome, moment), wake }),
    ...counters,
  });
}

function backOff(count: number, moment: Moment): number {
  const { retryBaseSeconds, retryCapSeconds } = moment.timings;
  return retryDelayMs(
    count,
    { baseMs: retryBaseSeconds * 1000, capMs: retryCapSeconds * 1000 },
    () => moment.fraction,
  );
}

/** An attempt that failed by its own doing or died: counted, retried while the budget lasts. */
export function failAttempt(
  row: JobRow,
  error: JobError,
  moment: Moment,
  endAs: 'FAILED' | 'TIMED_OUT' = 'FAILED',
): JobRow {
  const failures = row.failures + 1;
  if (failures >= row.maxAttempts) return end({ ...row, failures }, endAs, moment, { error });
  const reason = `attempt ${row.attempt} failed (${error.code}: ${error.message}); ${row.maxAttempts - failures} left`;
  return requeue(row, backOff(failures, moment), reason.slice(0, 500), moment, { failures });
}

/** Not the job's fault; still bounded, because a job that is always interrupted must end some day. */
export function interruptAttempt(row: JobRow, reason: string, moment: Moment): JobRow {
  const interruptions = row.interruptions + 1;
  if (interruptions > limits.interruptionsMax) {
    const message = `interrupted ${interruptions} times, last: ${reason}`;
    return fail({ ...row, interruptions }, { code: 'interrupted', message }, moment);
  }
  return requeue(row, 0, `attempt ${row.attempt} was interrupted: ${reason}`.slice(0, 500), moment, {
    interruptions,
  });
}

/** No capacity, or no right: costs neither a failure nor an interruption, only time. */
export function delayStart(row: JobRow, lack: string, reason: string, moment: Moment): JobRow {
  const delays = row.delays + 1;
  return requeue(row, backOff(delays, moment), `waiting for ${lack}: ${reason}`.slice(0, 500), moment, {
    delays,
  });
}

/** Spot has no room, or never brought the worker up. It says nothing of the job, which goes on demand at once. */
export function leaveSpot(row: JobRow, reason: string, moment: Moment): JobRow {
  return requeue(row, 0, `no room on Spot, goes on demand: ${reason}`.slice(0, 500), moment, {
    spotRefused: true,
  });
}

export function stop(row: JobRow, cause: StopCause, reason: string, moment: Moment): JobRow {
  // Nobody can end the call of a function: its worker hears of it by its next call, and acknowledges it.
  const entries: Record<string, OutboxEntry> =
    row.lane === 'function' ? {} : { [`stop-${row.attempt}`]: { kind: 'stop', attempt: row.attempt } };
  return to(row, 'STOPPING', {
    stopCause: cause,
    statusReason: reason,
    leaseUntilMs: undefined,
    timeoutAtMs: undefined,
    retryAtMs: moment.nowMs + moment.timings.outboxRetrySeconds * 1000,
    outbox: withEntries(row.outbox, entries),
  });
}

/** Everything is stopped, and this goes on after the resume. */
export function halt(row: JobRow, moment: Moment): JobRow {
  return stop(row, 'halt', 'everything was stopped; waiting until the worker is gone', moment);
}

/** What a stop comes to, once the compute is known to be gone. */
export function concludeStop(row: JobRow, moment: Moment): JobRow {
  const cause = row.stopCause ?? 'cancel';
  switch (cause) {
    case 'cancel':
      return end(row, 'CANCELLED', moment, { error: { code: 'cancelled', message: 'cancelled on request' } });
    case 'deadline':
      return end(row, 'TIMED_OUT', moment, { error: deadlineError(row) });
    case 'timeout':
      return failAttempt(row, timeoutError(row), moment, 'TIMED_OUT');
    case 'lost':
      return failAttempt(row, lostError(row), moment);
    case 'stranded':
      return interruptAttempt(row, 'the worker did not start in time', moment);
    case 'halt':
      return requeue(row, 0, 'stopped with everything else; goes on after resume', moment);
    default:
      return cause satisfies never;
  }
}

export function deadlineError(row: JobRow): JobError {
  const seconds = Math.round((row.deadlineAtMs - row.createdAtMs) / 1000);
  return {
    code: 'deadline_passed',
    message: `not ended within deadlineSeconds (${seconds})`,
    remedy: 'submit it again with a longer deadlineSeconds',
  };
}

function timeoutError(row: JobRow): JobError {
  return {
    code: 'timed_out',
    message: `attempt ${row.attempt} ran longer than timeoutSeconds (${row.timeoutSeconds})`,
    remedy: 'submit it again with a longer timeoutSeconds',
  };
}

function lostError(row: JobRow): JobError {
  return { code: 'worker_lost', message: `the worker of attempt ${row.attempt} stopped answering` };
}

export function cancel(row: JobRow, moment: Moment): JobRow {
  if (isTerminal(row.status)) throw new Error('an ended job is not cancelled');
  if (row.status === 'STOPPING') return { ...row, stopCause: 'cancel', statusReason: 'cancelled on request' };
  if (row.status === 'BLOCKED' || row.status === 'QUEUED') {
    return end(row, 'CANCELLED', moment, { error: { code: 'cancelled', message: 'cancelled on request' } });
  }
  return stop(row, 'cancel', 'cancelled on request; waiting until the worker is gone', moment);
}

export function enqueue(row: JobRow, moment: Moment): JobRow {
  return to(row, 'QUEUED', {
    queuedAtMs: moment.nowMs,
    checkAtMs: undefined,
    statusReason: undefined,
    outbox: withEntries(row.outbox, { wake: { kind: 'wake', jobId: row.id } }),
  });
}
