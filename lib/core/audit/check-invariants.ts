import type { JobRow } from '#contracts/job-row.ts';
import { holdsSlot, isTerminal } from '#contracts/job-states.ts';
import { type Lane, lanes } from '#contracts/lanes.ts';
import type { Timings } from '#contracts/limits.ts';
import { dueAtMs } from '#core/jobs/indexes.ts';
import { slotKey, slotLimit } from '#core/ports/slots.ts';
import type { AuditOptions, AuditSnapshot, Finding } from './audit-snapshot.ts';
import { checkMoney } from './check-money.ts';
import { checkRuns } from './check-runs.ts';
import { checkTranscripts } from './check-transcript.ts';

/** How many passes of the reconciler may go by before something overdue is a fault; one begins each minute. */
const passes = 5;
/** Fargate kills a task that does not end by itself after at most this long. */
const stopTimeoutSeconds = 120;

/** Everything that always holds, over what is stored. Pure: the simulation, the soak test and `doctor` share it. */
export function checkInvariants(snapshot: AuditSnapshot, options: AuditOptions): Finding[] {
  return [
    ...snapshot.rows.flatMap((row) => [
      ...checkEnding(row),
      ...checkLiveness(row, snapshot, options),
      ...checkResult(row, snapshot),
      ...checkParents(row, snapshot),
      ...checkOutbox(row, options),
    ]),
    ...checkSlots(snapshot, options),
    ...checkMoney(snapshot, options),
    ...checkTranscripts(snapshot),
    ...checkRuns(snapshot, options),
  ];
}

function checkEnding(row: JobRow): Finding[] {
  const say = (message: string): Finding[] => [{ invariant: 'terminal', subject: row.id, message }];
  if (!isTerminal(row.status))
    return row.endedAtMs === undefined ? [] : say(`is ${row.status} and has ended`);
  if (row.endedAtMs === undefined) return say(`ended ${row.status} without a time`);
  if (row.leaseUntilMs !== undefined || row.stopCause !== undefined)
    return say('has ended and has a lease or a stop');
  if (row.status === 'SUCCEEDED' && row.error) return say('succeeded with an error');
  if (row.status !== 'SUCCEEDED' && !row.error) return say(`ended ${row.status} without saying why`);
  if (row.failures > row.maxAttempts || row.failures + row.interruptions > row.attempt)
    return say(
      `counts ${row.failures} failures and ${row.interruptions} interruptions of ${row.attempt} attempts`,
    );
  return [];
}

function checkLiveness(
  row: JobRow,
  { nowMs, timings }: AuditSnapshot,
  { isSettled }: AuditOptions,
): Finding[] {
  if (isTerminal(row.status)) return [];
  const say = (message: string): Finding[] => [{ invariant: 'liveness', subject: row.id, message }];
  if (isSettled) return say(`is still ${row.status}`);
  const graceMs = stopGraceMs(timings, row.lane);
  if (row.deadlineAtMs + graceMs < nowMs) return say(`is ${row.status} although its deadline is long over`);
  const due = dueAtMs(row, timings);
  if (due !== undefined && due + graceMs < nowMs)
    return say(`is ${row.status} and has been due for too long`);
  return [];
}

/** From a deadline to the end of the job: passes that see it, the stop, and the proof that it has worked. */
export function stopGraceMs(timings: Timings, lane: Lane): number {
  const proofSeconds =
    lane === 'function' ? timings.functionSeconds : timings.dispatchSeconds + 2 * timings.missingGraceSeconds;
  return (passes * 60 + stopTimeoutSeconds + proofSeconds) * 1000;
}

function checkResult(row: JobRow, { results }: AuditSnapshot): Finding[] {
  const say = (message: string): Finding[] => [{ invariant: 'result', subject: row.id, message }];
  const how = row.status.toLowerCase();
  // A failure may come with what there was until then.
  if (row.status !== 'SUCCEEDED' && row.status !== 'FAILED')
    return row.result ? say(`is ${row.status} and has a result`) : [];
  if (!row.result) return row.status === 'FAILED' ? [] : say('succeeded without a result');
  const head = results.get(row.result.key);
  if (!head) return say(`${how}, and ${row.result.key} does not exist`);
  if (head.sha256 !== row.result.sha256 || head.bytes !== row.result.bytes)
    return say(`${how} with another result than the one that is stored`);
  const isOwn = row.result.key.includes(`/jobs/${row.id}/attempts/${row.attempt}/`);
  return isOwn ? [] : say(`${how} in attempt ${row.attempt} with ${row.result.key}`);
}

function checkParents(row: JobRow, { rows }: AuditSnapshot): Finding[] {
  const parents = row.dependsOn.map((id) => rows.find((candidate) => candidate.id === id));
  const hasStarted = row.attempt > 0;
  const late = parents.find((parent) => parent && parent.status !== 'SUCCEEDED');
  if (!hasStarted || !late) return [];
  return [{ invariant: 'dependents', subject: row.id, message: `was started; ${late.id} is ${late.status}` }];
}

function checkOutbox(row: JobRow, { isSettled }: AuditOptions): Finding[] {
  const left = Object.keys(row.outbox);
  if (!isSettled || left.length === 0) return [];
  return [{ invariant: 'outbox', subject: row.id, message: `has not delivered ${left.join(', ')}` }];
}

function checkSlots(
  { rows, slots, nowMs, timings, ...rest }: AuditSnapshot,
  { isSettled }: AuditOptions,
): Finding[] {
  const findings: Finding[] = [];
  const say = (subject: string, message: string) =>
    findings.push({ invariant: 'single owner', subject, message });
  for (const lane of lanes) {
    const count = slots[lane].held.length;
    if (count > slotLimit(lane, rest)) say(`slots of ${lane}`, `${count} are held`);
  }
  for (const row of rows)
    if (
      holdsSlot(row.status) &&
      !slots[row.lane].held.some(({ key }) => key === slotKey(row.id, row.attempt))
    )
      say(row.id, `is ${row.status} without a slot`);
  for (const { key, sinceMs } of lanes.flatMap((lane) => slots[lane].held)) {
    const isOld = sinceMs + (timings.slotGraceSeconds + passes * 60) * 1000 < nowMs;
    const isHeldRightly = rows.some((row) => holdsSlot(row.status) && slotKey(row.id, row.attempt) === key);
    if (isSettled || (isOld && !isHeldRightly)) say(key, 'is held by nobody who works');
  }
  return findings;
}
