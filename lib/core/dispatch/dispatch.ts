import type { JobRow } from '#contracts/job-row.ts';
import { holdsSlot } from '#contracts/job-states.ts';
import { type Lane, lanes } from '#contracts/lanes.ts';
import type { WakeMessage } from '#contracts/wake-message.ts';
import { changeJob } from '#core/jobs/change-job.ts';
import { countEnding } from '#core/jobs/count-ending.ts';
import { isClaimable, queuedKey } from '#core/jobs/indexes.ts';
import { logFieldsOf } from '#core/jobs/log-fields.ts';
import { type RelayDeps, relay } from '#core/jobs/relay.ts';
import {
  type Claim,
  claim,
  concludeStop,
  delayStart,
  fail,
  launched,
  leaveSpot,
  type Moment,
} from '#core/jobs/transitions.ts';
import type { LaunchOutcome } from '#core/ports/compute.ts';
import type { Deps } from '#core/ports/core-deps.ts';
import { slotKey, slotLimit } from '#core/ports/slots.ts';

export type DispatchDeps = RelayDeps &
  Deps<'launcher' | 'digest'> & {
    /** Workers of the lane `fargate` start on Spot first. */
    spot: boolean;
  };

export type DispatchOutcome = 'launched' | 'nothing_queued' | 'no_slot' | 'stopped' | 'rejected';

/** How many of each lane's best are looked at: the index lags, so the first may be claimed already. */
const headSize = 5;
/** … and where they all are: what waits behind them must not be passed over for a lesser job. */
const deepHeadSize = 100;
const rounds = 10;

/**
 * One wake-up, at most one worker started: of the job that the message names and the head of the queue, the
 * best that may be claimed. Priority holds among the jobs visible here and now, whose lane has a free slot.
 */
export async function dispatch(deps: DispatchDeps, message: WakeMessage): Promise<DispatchOutcome> {
  const passed: Passed = { lost: new Set(), lanes: new Set() };
  let refusal: DispatchOutcome = 'nothing_queued';
  for (let round = 0; round < rounds; round++) {
    const candidate = await bestCandidate(deps, message, passed);
    if (!candidate) return refusal;
    const outcome = await tryLaunch(deps, candidate);
    if (outcome === 'lost') passed.lost.add(`${candidate.id}#${candidate.attempt}`);
    else if (outcome === 'no_slot' || outcome === 'stopped') {
      passed.lanes.add(candidate.lane);
      refusal = outcome;
    } else return outcome;
  }
  return refusal;
}

/** What is not tried again: jobs that another dispatcher was faster with, and lanes without a slot. */
interface Passed {
  lost: Set<string>;
  lanes: Set<Lane>;
}

async function bestCandidate(
  deps: DispatchDeps,
  message: WakeMessage,
  passed: Passed,
): Promise<JobRow | undefined> {
  const open = lanes.filter((lane) => !passed.lanes.has(lane));
  const found = await candidates(deps, message, open, headSize);
  const { rows } = found.isHidden ? await candidates(deps, message, open, deepHeadSize) : found;
  return rows
    .filter((row) => !passed.lost.has(`${row.id}#${row.attempt}`))
    .sort((a, b) => (queuedKey(a) < queuedKey(b) ? -1 : 1))[0];
}

/** Those that may be claimed. `isHidden`: the head of a lane has none of them, and there is more behind it. */
async function candidates(deps: DispatchDeps, { jobId }: WakeMessage, open: readonly Lane[], size: number) {
  const heads = await Promise.all(open.map((lane) => deps.store.queuedHead(lane, size)));
  const head = heads.flat();
  const ids = jobId && !head.includes(jobId) ? [jobId, ...head] : head;
  const nowMs = deps.clock.nowMs();
  const known = ids.length === 0 ? [] : await deps.store.getMany(ids);
  const rows = known.filter((row) => isClaimable(row, nowMs) && open.includes(row.lane));
  const claimable = new Set(rows.map(({ id }) => id));
  const isHidden = heads.some((ids) => ids.length === size && !ids.some((id) => claimable.has(id)));
  return { rows, isHidden };
}

async function tryLaunch(deps: DispatchDeps, candidate: JobRow): Promise<DispatchOutcome | 'lost'> {
  const by = deps.random.hex(8);
  const key = slotKey(candidate.id, candidate.attempt + 1);
  const { lane } = candidate;
  const limit = slotLimit(lane, deps.settings);
  const answer = await deps.slots.acquire(lane, key, by, deps.clock.nowMs(), limit);
  if (answer === 'full') return 'no_slot';
  if (answer === 'stopped') return 'stopped';
  if (answer === 'taken') return 'lost';
  const ticket = deps.random.hex(32);
  const terms = { by, ticketSha256: deps.digest.sha256(ticket), spot: deps.spot };
  const claimed = await claimJob(deps, candidate, terms);
  if (!claimed) {
    await deps.slots.release(lane, key, by);
    return 'lost';
  }
  const { id: jobId, attempt, compute, capacity, traceparent } = claimed;
  deps.log.info('job claimed', { ...logFieldsOf(claimed), lane, capacity });
  const outcome = await deps.launcher.launch({
    jobId,
    attempt,
    lane,
    ticket,
    compute,
    capacity,
    traceparent,
  });
  await recordLaunch(deps, claimed, outcome);
  return outcome.kind === 'started' ? 'launched' : 'rejected';
}

/**
 * Two dispatchers may hold the same candidate: the condition on the version lets one of them through. The
 * nonce tells a claim of our own whose reply was lost from somebody else's.
 */
async function claimJob(deps: DispatchDeps, candidate: JobRow, terms: Claim): Promise<JobRow | undefined> {
  const decide = (row: JobRow, moment: Moment) => {
    if (row.claimedBy === terms.by) return { value: true };
    if (row.attempt !== candidate.attempt || !isClaimable(row, moment.nowMs)) return { value: false };
    return { next: claim(row, terms, moment), value: true };
  };
  const { row, value } = await changeJob(deps, candidate.id, decide, candidate);
  return value ? row : undefined;
}

async function recordLaunch(deps: DispatchDeps, claimed: JobRow, outcome: LaunchOutcome): Promise<void> {
  if (outcome.kind === 'rejected')
    deps.metrics.count(outcome.later && !outcome.denied ? 'CapacityDelays' : 'StartFailures');
  const decide = (row: JobRow, moment: Moment) => {
    if (row.attempt !== claimed.attempt || !holdsSlot(row.status)) return { value: undefined };
    return { next: afterLaunch(row, outcome, moment), value: undefined };
  };
  const { row, before } = await changeJob(deps, claimed.id, decide, claimed);
  if (row === before) return;
  countEnding(deps, before, row);
  if (Object.keys(row.outbox).length > 0) await relay(deps, row);
}

function afterLaunch(row: JobRow, outcome: LaunchOutcome, moment: Moment): JobRow | undefined {
  if (outcome.kind === 'started')
    return row.taskArn === outcome.taskArn ? undefined : launched(row, outcome.taskArn, moment);
  // A lost reply and a refused second try look like this too: a worker that has begun proves that it was started.
  if (row.sessionSha256 !== undefined) return undefined;
  // Told to stop while the launch was under way, and the launch came to nothing: there is nothing to wait for.
  if (row.status === 'STOPPING') return concludeStop(row, moment);
  if (outcome.noRoom && row.capacity === 'spot') return leaveSpot(row, outcome.reason, moment);
  if (outcome.later)
    return delayStart(
      row,
      outcome.denied ? 'the right to start workers' : 'capacity',
      outcome.reason,
      moment,
    );
  return fail(row, { code: 'start_failed', message: outcome.reason, remedy: 'run: muster doctor' }, moment);
}
