import type { JobRow } from '#contracts/job-row.ts';
import { holdsSlot, isTerminal, isTransition } from '#contracts/job-states.ts';
import { limits } from '#contracts/limits.ts';
import type { LaunchRequest } from '#core/ports/compute.ts';
import { slotKey } from '#core/ports/slots.ts';
import type { MemoryJobStoreOptions } from '../fakes/memory-job-store.ts';
import type { MemorySlotsOptions } from '../fakes/memory-slots.ts';
import { checkRunJob } from './action-oracle.ts';
import type { Actor } from './actor.ts';
import { checkFence } from './fence-oracle.ts';
import { sameValue } from './same-value.ts';
import type { World } from './world.ts';

type OnWrite = NonNullable<MemoryJobStoreOptions['onWrite']>;
type OnSlot = NonNullable<MemorySlotsOptions['onChange']>;

/** Never change once a job is accepted. */
const fixed = [
  'id',
  'type',
  'project',
  'callerArn',
  'requestSha256',
  'priority',
  'inputKey',
  'inputSha256',
  'maxAttempts',
  'timeoutSeconds',
  'createdAtMs',
  'deadlineAtMs',
  'budgetMicroUsd',
  'dependsOn',
  'retryOf',
  'model',
] as const satisfies (keyof JobRow)[];

/** Never change once a job has ended. What is spent may: a reservation is settled whenever its owner comes back. */
const outcome = [
  'status',
  'attempt',
  'failures',
  'interruptions',
  'endedAtMs',
  'result',
  'error',
  'offline',
  'sessionSha256',
] as const satisfies (keyof JobRow)[];

/** Looks at every write of a row at the moment of its acceptance, with the whole truth at hand. */
export function watchRows(world: World): OnWrite {
  return (before, after, how) => {
    const { writer, journal } = world;
    const say = (invariant: string, message: string) =>
      journal.violate(invariant, `${after.id}: ${message} (by ${writer?.name ?? 'nobody'})`);
    if (!writer) return say('single owner', 'was written outside of any process');
    if (how === 'create') {
      if (before) say('idempotent create', 'was created over an existing row');
      if (after.version !== 1) say('idempotent create', `was created as version ${after.version}`);
      checkRunJob(world, after);
      return;
    }
    if (!before) return say('no lost job', 'was written before it was created');
    if (after.version !== before.version + 1)
      say('single owner', `version ${before.version} → ${after.version}`);
    checkSteps(world, before, after, writer, say);
    checkCancel(world, before, after, writer, say);
    checkMoney(world, before, after, say);
    world.agents.records(before, after, say);
    checkFence(world, { before, after, how, writer, say });
  };
}

export type Say = (invariant: string, message: string) => void;

function changed(before: JobRow, after: JobRow, names: readonly (keyof JobRow)[]): keyof JobRow | undefined {
  return names.find((name) => !sameValue(before[name], after[name]));
}

function checkSteps(world: World, before: JobRow, after: JobRow, writer: Actor, say: Say): void {
  const constant = changed(before, after, fixed);
  if (constant) say('terminal', `${constant} was changed`);
  if (isTerminal(before.status)) {
    const field = changed(before, after, outcome);
    if (field) say('terminal', `had ended ${before.status}, and its ${field} was changed`);
  }
  if (before.status !== after.status) {
    world.journal.countTransition(before.status, after.status);
    world.journal.trace(() => `   ${after.id} ${before.status} → ${after.status}, attempt ${after.attempt}`);
    if (!isTransition(before.status, after.status)) say('terminal', `${before.status} → ${after.status}`);
  }
  const isClaim = before.status === 'QUEUED' && after.status === 'STARTING';
  if (after.attempt !== before.attempt + (isClaim ? 1 : 0))
    say('single owner', `attempt ${before.attempt} → ${after.attempt} in ${before.status} → ${after.status}`);
  if (!isClaim && after.claimedBy !== before.claimedBy && after.claimedBy !== undefined)
    say('single owner', 'was claimed by another dispatcher on top of the first');
  if (isClaim) checkClaim(world, after, writer, say);
  if (before.status === 'BLOCKED' && after.status === 'QUEUED') checkParents(world, after, say);
  if (after.status === 'SUCCEEDED' && before.status !== 'SUCCEEDED') checkResult(world, after, say);
}

/** A job of a run is cancelled by a client, or because its run is stopped or its very cycle is over. */
function checkCancel({ runs }: World, before: JobRow, after: JobRow, writer: Actor, say: Say): void {
  const isCancel = (row: JobRow) => row.stopCause === 'cancel' || row.status === 'CANCELLED';
  if (!after.run || writer.kind === 'api' || isCancel(before) || !isCancel(after)) return;
  const isStopped = runs.runs.rows.get(after.run.id)?.status !== 'RUNNING';
  const isOver = runs.cycles.rows.get(`${after.run.id} ${after.run.cycle}`)?.end !== undefined;
  if (!isStopped && !isOver) say('stop', 'was cancelled, and nobody had asked for it');
}

function checkClaim(world: World, after: JobRow, writer: Actor, say: Say): void {
  if (!world.slots.lanes[after.lane].held.has(slotKey(after.id, after.attempt)))
    say('single owner', `was claimed without a slot for attempt ${after.attempt}`);
  if (writer.kind !== 'dispatcher') say('single owner', 'was claimed by something that is no dispatcher');
}

function checkParents(world: World, after: JobRow, say: Say): void {
  const early = after.dependsOn.find((id) => world.store.rows.get(id)?.status !== 'SUCCEEDED');
  if (early) say('dependents', `was let go although ${early} is ${world.store.rows.get(early)?.status}`);
}

function checkResult(world: World, after: JobRow, say: Say): void {
  const stored = after.result && world.objects.stored.get(after.result.key);
  if (!stored || stored.sha256 !== after.result?.sha256) say('result', 'succeeded without its object');
}

function checkMoney(world: World, before: JobRow, after: JobRow, say: Say): void {
  const open = after.reservations.reduce((sum, { microUsd }) => sum + microUsd, 0);
  if (after.spentMicroUsd + open > after.budgetMicroUsd) say('money', 'has committed more than its budget');
  if (after.spentMicroUsd + open > after.grantedMicroUsd) say('money', 'has committed more than was granted');
  if (after.spentMicroUsd === before.spentMicroUsd) return;
  noteLate(world, after);
  const ledger = [...(world.ledger.jobs.get(after.id)?.values() ?? [])];
  const sum = ledger.reduce((total, { microUsd }) => total + microUsd, 0);
  if (after.spentMicroUsd > sum) say('money', `spent ${after.spentMicroUsd}, and the ledger says ${sum}`);
}

/** Who sums up a cycle's jobs may have read this one before. */
const closingMs = 60_000;

function noteLate({ runs, lateSpending, scheduler }: World, { id, run }: JobRow): void {
  if (!run) return;
  const key = `${run.id} ${run.cycle}`;
  if (runs.cycles.rows.get(key)?.end !== undefined) lateSpending.add(id);
  scheduler.after(closingMs, () => {
    const { end, endedAtMs = 0 } = runs.cycles.rows.get(key) ?? {};
    if (end !== undefined && scheduler.nowMs - endedAtMs <= closingMs) lateSpending.add(id);
    return false;
  });
}

/** Slots: never more than there are, none while everything is stopped, and nobody frees what another one uses. */
export function watchSlots(world: World): OnSlot {
  return ({ kind, lane, key, held, limit }) => {
    const { writer, journal } = world;
    const say = (message: string) =>
      journal.violate('single owner', `slot ${key}: ${message} (by ${writer?.name ?? 'nobody'})`);
    if (kind === 'acquired') {
      if (held > (limit ?? 0)) say(`is one of ${held}, and there are ${limit}`);
      if (world.slots.lanes[lane].stopped) say('was taken while everything is stopped');
      return;
    }
    const at = key.lastIndexOf('#');
    const row = world.store.rows.get(key.slice(0, at));
    if (row && row.attempt === Number(key.slice(at + 1)) && holdsSlot(row.status))
      say(`was freed while its job is ${row.status}`);
  };
}

/** ECS starts a task: of an attempt that is over, it would be one that nobody stops. */
export function checkLaunch(world: World, { jobId, attempt, capacity }: LaunchRequest): void {
  const row = world.store.rows.get(jobId);
  const isDriven = (row?.interruptions ?? 0) >= limits.spotInterruptions || row?.spotRefused;
  if (capacity === 'spot' && (!world.spot || isDriven))
    world.journal.violate('liveness', `${jobId}: attempt ${attempt} went to Spot, which drives it away`);
  const isTwin = [...world.ecs.tasks.values()].some(
    (task) => task.jobId === jobId && task.attempt === attempt && !task.isStopped,
  );
  if (isTwin)
    world.journal.violate('single owner', `${jobId}: a second task of attempt ${attempt} was started`);
  if (row && row.attempt === attempt && holdsSlot(row.status)) return;
  world.journal.violate(
    'verified stop',
    `${jobId}: a task of attempt ${attempt} was started when the job was ${row?.status} at ${row?.attempt}`,
  );
}
