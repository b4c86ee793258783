import { beforeEach, describe, expect, it } from '@jest/globals';
import type { TurnRequest } from '#contracts/worker-protocol.ts';
import { finishAttempt } from '#core/worker/finish-attempt.ts';
import { turn } from '#core/worker/turn.ts';
import { startMs } from '../../fakes/job-rows.ts';
import { chatBody, rowOf, type StartedWorker, startNext, submit } from '../../fakes/job-steps.ts';
import { type MemoryDeps, makeMemoryDeps } from '../../fakes/memory-deps.ts';
import { model, reserveOf, settleOf } from '../../fakes/model-turns.ts';

let deps: MemoryDeps;
let worker: StartedWorker;

async function begin(
  body: Record<string, unknown> = {},
  settings: Parameters<typeof makeMemoryDeps>[0] = {},
) {
  deps = makeMemoryDeps(settings);
  await submit(deps, { ...chatBody, ...body });
  worker = await startNext(deps);
}
beforeEach(() => begin());

const take = (request: Omit<TurnRequest, 'jobId' | 'attempt' | 'session'>) =>
  turn(deps, { ...worker.session, ...request });
const month = () => [...deps.months.months.values()][0];

describe('a turn', () => {
  it('puts aside what the call can cost, out of a grant of the month [A8]', async () => {
    expect(await take({ reserve: reserveOf(1) })).toEqual({ reservedMicroUsd: 15_000, spentMicroUsd: 0 });
    expect(await rowOf(deps, worker.id)).toMatchObject({
      grantedMicroUsd: 50_000,
      grants: 1,
      grantMonth: '2026-11',
      reservations: [{ key: '1/main/1', attempt: 1, model, microUsd: 15_000 }],
    });
    expect(month()).toMatchObject({ project: 'default', month: '2026-11', committedMicroUsd: 50_000 });
  });

  it('replaces it by what the call has cost, and writes that into the ledger', async () => {
    await take({ reserve: reserveOf(1) });
    expect(await take({ settle: settleOf(1), reserve: reserveOf(2) })).toEqual({
      reservedMicroUsd: 15_000,
      spentMicroUsd: 700,
    });
    expect(await rowOf(deps, worker.id)).toMatchObject({
      spentMicroUsd: 700,
      usage: { inputTokens: 100, outputTokens: 50 },
      reservations: [{ key: '1/main/2' }],
    });
    expect(await deps.ledger.entries(worker.id)).toMatchObject([
      { key: '1/main/1', microUsd: 700, project: 'default' },
    ]);
    expect(deps.metrics.counts.SpentUsd).toBe(0.0007);
  });

  it('that is repeated changes nothing but the lease', async () => {
    await take({ reserve: reserveOf(1) });
    const request = { settle: settleOf(1), reserve: reserveOf(2) };
    await take(request);
    const before = await rowOf(deps, worker.id);
    await take(request);
    expect(await rowOf(deps, worker.id)).toEqual({ ...before, version: before.version + 1 });
    expect(await deps.ledger.entries(worker.id)).toHaveLength(1);
  });

  it('that arrives long after it was settled puts nothing aside again', async () => {
    await take({ reserve: reserveOf(1) });
    await take({ settle: settleOf(1) });
    const before = await rowOf(deps, worker.id);
    await expect(take({ reserve: reserveOf(1) })).rejects.toMatchObject({ code: 'invalid_request' });
    expect(await rowOf(deps, worker.id)).toEqual(before);
  });

  it('keeps the lease and the checkpoint, and does not go back to an older one', async () => {
    const record = (segment: number) => ({ conversation: 'main', segment, body: `{"n":${segment}}` });
    deps.clock.advanceSeconds(60);
    await take({ record: record(1) });
    await take({ record: record(2) });
    await take({ record: record(1) });
    expect(await rowOf(deps, worker.id)).toMatchObject({
      checkpoint: { conversations: { main: [{ attempt: 1, upTo: 2 }] } },
      leaseUntilMs: startMs + 240_000,
    });
  });

  it('asks the month again only when a grant is used up', async () => {
    for (const number of [1, 2, 3, 4]) await take({ reserve: reserveOf(number) });
    expect(await rowOf(deps, worker.id)).toMatchObject({ grants: 2, grantedMicroUsd: 100_000 });
    expect(month()?.committedMicroUsd).toBe(100_000);
  });

  it('starts the numbers again with the next attempt', async () => {
    await take({ reserve: reserveOf(1) });
    await finishAttempt(deps, { ...worker.session, outcome: { kind: 'interrupted', reason: 'Spot' } });
    worker = await startNext(deps);
    await take({ reserve: reserveOf(1) });
    expect((await rowOf(deps, worker.id)).reservations.map(({ key }) => key)).toEqual([
      '1/main/1',
      '2/main/1',
    ]);
  });
});
