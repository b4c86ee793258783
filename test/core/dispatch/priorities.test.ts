import { expect, test } from '@jest/globals';
import type { JobRow } from '#contracts/job-row.ts';
import { type Lane, lanes } from '#contracts/lanes.ts';
import { priorities, priorityRank } from '#contracts/priorities.ts';
import { dispatch } from '#core/dispatch/dispatch.ts';
import { slotKey } from '#core/ports/slots.ts';
import { finishAttempt } from '#core/worker/finish-attempt.ts';
import { startAttempt } from '#core/worker/start-attempt.ts';
import { makeRow, startMs } from '../../fakes/job-rows.ts';
import { type MemoryDeps, makeMemoryDeps } from '../../fakes/memory-deps.ts';
import { MemoryJobStore } from '../../fakes/memory-job-store.ts';

const jobs = 1_000;
const atFirst = 600;
const dispatchers = 4;

interface Claimed {
  id: string;
  /** Of higher priority, visible before the dispatcher looked, and not taken by anybody at this claim. */
  passedOver: string[];
}

/** Jobs wait in both lanes; the index shows a write up to two seconds late. */
async function makeQueue() {
  const claims: Claimed[] = [];
  let visible: string[] = [];
  const made = makeMemoryDeps({ settings: { maxConcurrentWorkers: 3, maxConcurrentFunctions: 2 } });
  let writes = 0;
  const store = new MemoryJobStore({
    timings: made.settings.timings,
    nowMs: made.clock.nowMs,
    indexLagMs: () => (writes++ * 271) % 2_000,
    onWrite(before, after) {
      if (before?.status !== 'QUEUED' || after.status !== 'STARTING') return;
      const isFree = ({ id, status, attempt, lane }: JobRow) =>
        status === 'QUEUED' && !deps.slots.held.has(slotKey(id, attempt + 1)) && hasSlot(deps, lane);
      const better = visible
        .map((id) => store.rows.get(id) as JobRow)
        .filter((row) => priorityRank(row.priority) < priorityRank(after.priority) && isFree(row));
      claims.push({ id: after.id, passedOver: better.map(({ id }) => id) });
    },
  });
  const deps: MemoryDeps = { ...made, store };
  const look = async () => {
    visible = (await Promise.all(lanes.map((lane) => store.queuedHead(lane, jobs)))).flat();
  };
  return { deps, claims, look };
}

function hasSlot({ slots, settings }: MemoryDeps, lane: Lane): boolean {
  const limit = lane === 'function' ? settings.maxConcurrentFunctions : settings.maxConcurrentWorkers;
  return slots.lanes[lane].held.size < limit;
}

async function add(deps: MemoryDeps, index: number): Promise<void> {
  const createdAtMs = deps.clock.nowMs();
  await deps.store.create(
    makeRow({
      id: `job-${index}`,
      priority: priorities[(index * 7 + (index >> 3)) % 3] ?? 'low',
      lane: lanes[(index >> 1) % 2] ?? 'fargate',
      createdAtMs,
      queuedAtMs: createdAtMs,
      deadlineAtMs: startMs + 86_400_000,
    }),
  );
}

/** Every worker that was started begins, and ends its job. */
async function endAll(deps: MemoryDeps): Promise<void> {
  for (const [arn, { request }] of deps.launcher.tasks) {
    const { jobId, attempt, ticket } = request;
    const instance = '11'.repeat(32);
    const { session } = await startAttempt(deps, { protocolVersion: 2, jobId, attempt, ticket, instance });
    const error = { code: 'worker_error' as const, message: 'enough', retryable: false };
    await finishAttempt(deps, { jobId, attempt, session, outcome: { kind: 'failed', error } });
    deps.launcher.tasks.delete(arn);
  }
}

test('of 1,000 queued jobs of three priorities no lower one is claimed while a higher one is visible [A9]', async () => {
  const { deps, claims, look } = await makeQueue();
  let added = 0;
  while (added < atFirst) await add(deps, added++);
  for (let round = 0; claims.length < jobs && round < 3_000; round++) {
    deps.clock.advanceSeconds(0.2);
    await look();
    // What comes meanwhile is not visible yet.
    for (let more = 0; more < 3 && added < jobs; more++) await add(deps, added++);
    await Promise.all(Array.from({ length: dispatchers }, () => dispatch(deps, { v: 1 })));
    await endAll(deps);
  }
  expect(claims).toHaveLength(jobs);
  expect(new Set(claims.map(({ id }) => id)).size).toBe(jobs);
  expect(claims.filter(({ passedOver }) => passedOver.length > 0)).toEqual([]);
});
