import type { JobRow } from '#contracts/job-row.ts';
import type { RowWrite } from '../fakes/memory-job-store.ts';
import type { Actor } from './actor.ts';
import type { Say } from './oracles.ts';
import { sameValue } from './same-value.ts';
import type { World } from './world.ts';

export interface FenceCase {
  before: JobRow;
  after: JobRow;
  how: RowWrite;
  writer: Actor;
  say: Say;
}

/** Who may write what: workers only what is theirs, and everybody else only once the compute is known to be gone. */
export function checkFence(world: World, fence: FenceCase): void {
  checkSession(fence);
  if (fence.how === 'renew') checkRenewal(fence);
  else if (fence.writer.kind === 'worker-api') checkWorkerWrite(world, fence);
  else checkControlWrite(world, fence);
}

/** A session is bound once an attempt, and lasts until the attempt is given up. */
function checkSession({ before, after, say }: FenceCase): void {
  if (before.sessionSha256 === after.sessionSha256 || after.sessionSha256 === undefined) return;
  if (before.sessionSha256 !== undefined) say('fencing', 'was taken from one session by another');
  if (before.status !== 'STARTING' || after.status !== 'RUNNING')
    say('fencing', `a session was bound in ${before.status} → ${after.status}`);
}

function owns({ writer, before }: FenceCase): boolean {
  const { claimant } = writer;
  return (
    claimant !== undefined &&
    before.status === 'RUNNING' &&
    before.attempt === claimant.attempt &&
    before.sessionSha256 === claimant.sessionSha256
  );
}

function checkRenewal(fence: FenceCase): void {
  if (!owns(fence)) fence.say('fencing', 'its lease was renewed by one who does not own it');
}

function checkWorkerWrite(world: World, fence: FenceCase): void {
  const { before, after, writer, say } = fence;
  const { claimant } = writer;
  const isOther = before.id !== claimant?.jobId;
  if (isOther) checkControlWrite(world, fence);
  if (isOther || owns(fence) || isBegin(fence) || isHaltedBegin(fence)) return;
  if (isSettlement(fence)) {
    world.journal.countStory('settled by a lost attempt');
    return;
  }
  if (isFarewell(world, fence)) return;
  const names = differences(before, after);
  const isDelivery = names.every((name) => ['version', 'updatedAtMs', 'outbox'].includes(name));
  if (!isDelivery)
    say('fencing', `${names.join(', ')} were changed by attempt ${claimant?.attempt} in ${before.status}`);
}

function isBegin({ before, after, writer }: FenceCase): boolean {
  const { claimant } = writer;
  return (
    before.status === 'STARTING' &&
    after.status === 'RUNNING' &&
    after.attempt === claimant?.attempt &&
    after.sessionSha256 === claimant.sessionSha256
  );
}

/** Everything was stopped while its claim was under way: it does not begin, and says so itself. */
function isHaltedBegin({ before, after, writer: { claimant } }: FenceCase): boolean {
  return (
    before.status === 'STARTING' &&
    after.status === 'STOPPING' &&
    after.stopCause === 'halt' &&
    before.attempt === claimant?.attempt &&
    after.sessionSha256 === undefined
  );
}

/** What an attempt may do also after it has lost its job: settle a reservation of its own. */
function isSettlement({ before, after, writer }: FenceCase): boolean {
  const gone = before.reservations.filter((open) => !after.reservations.some(({ key }) => key === open.key));
  const names = differences(before, after);
  return (
    gone.length === 1 &&
    gone.every(({ sessionSha256 }) => sessionSha256 === writer.claimant?.sessionSha256) &&
    names.every((name) => ['version', 'updatedAtMs', 'reservations', 'spentMicroUsd', 'usage'].includes(name))
  );
}

/** A function's worker ends a stop by saying that nothing of it runs any more, and then it has to be true. */
function isFarewell(world: World, { before, writer: { claimant } }: FenceCase): boolean {
  if (before.status !== 'STOPPING' || before.lane !== 'function') return false;
  if (before.attempt !== claimant?.attempt || before.sessionSha256 !== claimant.sessionSha256) return false;
  return !isAtWork(world, before);
}

/** Another call of the same attempt may be there: it is not the one that was let in, and does nothing. */
function isAtWork({ lambda }: World, { id, attempt, sessionSha256 }: JobRow): boolean {
  return lambda.calls.some(
    ({ jobId, isStopped, isDone, claimant }) =>
      jobId === id &&
      claimant.attempt === attempt &&
      claimant.sessionSha256 === sessionSha256 &&
      !isStopped &&
      !isDone,
  );
}

function differences(before: JobRow, after: JobRow): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]) as Set<keyof JobRow>;
  return [...names].filter((name) => !sameValue(before[name], after[name]));
}

/** A stop is believed once it is verified: an attempt is taken from its compute only when that is gone. */
function checkControlWrite(world: World, { before, after, say }: FenceCase): void {
  const isActive = (row: JobRow) => ['STARTING', 'RUNNING', 'STOPPING'].includes(row.status);
  if (!isActive(before) || isActive(after)) return;
  if (isAtWork(world, before))
    say('verified stop', `${before.status} → ${after.status} while its function is at work`);
  for (const task of world.ecs.tasks.values()) {
    if (task.jobId !== before.id || task.attempt !== before.attempt || task.isStopped) continue;
    // Nobody knows of a disowned task, and it can never begin: its ticket opens nothing any more.
    if (task.isDisowned && before.sessionSha256 === undefined) continue;
    say('verified stop', `${before.status} → ${after.status} while ${task.arn} is alive`);
  }
}
