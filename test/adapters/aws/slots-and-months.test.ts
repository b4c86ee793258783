import { expect, it, test } from '@jest/globals';
import { reconcileRuns } from '#core/runs/reconcile-run.ts';
import { makeRunning, startMs } from '../../fakes/job-rows.ts';
import { makeMemoryRunDeps } from '../../fakes/memory-run-deps.ts';
import { describePorts } from './contract.ts';
import { startLocalAws } from './local-aws.ts';

describePorts('slots', (ports) => {
  it('are taken up to the limit', async () => {
    const { slots } = ports();
    expect(await slots.acquire('fargate', 'job-1#1', 'a', startMs, 2)).toBe('acquired');
    expect(await slots.acquire('fargate', 'job-2#1', 'b', startMs, 2)).toBe('acquired');
    expect(await slots.acquire('fargate', 'job-3#1', 'c', startMs, 2)).toBe('full');
    expect(await slots.acquire('fargate', 'job-3#1', 'c', startMs, 3)).toBe('acquired');
  });

  it('are never over the limit, however many ask at once', async () => {
    const { slots } = ports();
    const asked = Array.from({ length: 10 }, (_, n) =>
      slots.acquire('fargate', `job-${n}#1`, `${n}`, startMs, 3),
    );
    expect((await Promise.all(asked)).filter((answer) => answer === 'acquired')).toHaveLength(3);
    expect((await slots.read('fargate')).held).toHaveLength(3);
  });

  it('are one holder’s, who may ask again', async () => {
    const { slots } = ports();
    await slots.acquire('fargate', 'job-1#1', 'a', startMs, 1);
    expect(await slots.acquire('fargate', 'job-1#1', 'a', startMs + 5, 1)).toBe('acquired');
    expect(await slots.acquire('fargate', 'job-1#1', 'b', startMs, 1)).toBe('taken');
    expect((await slots.read('fargate')).held).toEqual([{ key: 'job-1#1', by: 'a', sinceMs: startMs }]);
  });

  it('are freed by key, or only for the holder that is named', async () => {
    const { slots } = ports();
    await slots.release('fargate', 'job-1#1');
    await slots.acquire('fargate', 'job-1#1', 'a', startMs, 1);
    await slots.release('fargate', 'job-1#1', 'b');
    expect(await slots.acquire('fargate', 'job-2#1', 'c', startMs, 1)).toBe('full');
    await slots.release('fargate', 'job-1#1', 'a');
    expect(await slots.acquire('fargate', 'job-2#1', 'c', startMs, 1)).toBe('acquired');
    await slots.release('fargate', 'job-2#1');
    expect(await slots.read('fargate')).toEqual({ held: [], stopped: undefined });
  });

  it('are not to be had while everything is stopped; the first who stopped it is kept [A8]', async () => {
    const { slots } = ports();
    await slots.acquire('fargate', 'job-1#1', 'a', startMs, 5);
    await slots.setStopped('fargate', { by: 'ana', atMs: startMs });
    await slots.setStopped('fargate', { by: 'bob', atMs: startMs + 1 });
    expect(await slots.acquire('fargate', 'job-2#1', 'b', startMs, 5)).toBe('stopped');
    expect(await slots.acquire('fargate', 'job-1#1', 'a', startMs, 5)).toBe('acquired');
    expect((await slots.read('fargate')).stopped).toEqual({ by: 'ana', atMs: startMs });
    await slots.setStopped('fargate', undefined);
    expect(await slots.acquire('fargate', 'job-2#1', 'b', startMs, 5)).toBe('acquired');
  });
});

describePorts('a project’s month', (ports) => {
  const grant = {
    project: 'alpha',
    month: '2026-11',
    jobId: 'job-1',
    number: 1,
    microUsd: 400,
    capMicroUsd: 1_000,
  };
  const back = { project: 'alpha', month: '2026-11', jobId: 'job-1', keptMicroUsd: 0 };

  it('grants up to its cap, and names what is committed where it refuses [A8]', async () => {
    const { months } = ports();
    expect(await months.grant(grant)).toEqual({ granted: true, microUsd: 400 });
    expect(await months.grant({ ...grant, jobId: 'job-2', microUsd: 601 })).toEqual({
      granted: false,
      committedMicroUsd: 400,
    });
    expect(await months.grant({ ...grant, jobId: 'job-2', microUsd: 600 })).toEqual({
      granted: true,
      microUsd: 600,
    });
    expect(await months.grant({ ...grant, month: '2026-12' })).toEqual({ granted: true, microUsd: 400 });
  });

  it('notes once when it comes near its cap, also by a grant that is repeated [C7]', async () => {
    const { months } = ports();
    const near = { ...grant, warning: { fromMicroUsd: 800, nowMs: 5 } };
    expect(await months.read('alpha', '2026-11')).toBeUndefined();
    await months.grant(near);
    expect(await months.read('alpha', '2026-11')).toEqual({
      committedMicroUsd: 400,
      warnedAtMs: undefined,
      tellAtMs: undefined,
    });
    await months.grant({ ...grant, number: 2, microUsd: 400 });
    await months.grant({ ...near, number: 2, microUsd: 400, warning: { fromMicroUsd: 800, nowMs: 6 } });
    expect(await months.read('alpha', '2026-11')).toEqual({
      committedMicroUsd: 800,
      warnedAtMs: 6,
      tellAtMs: 6,
    });
    expect(await months.claimTelling('alpha', '2026-11', 5, 9)).toBe(false);
    expect(await months.claimTelling('alpha', '2026-11', 6, 9)).toBe(true);
    expect(await months.claimTelling('alpha', '2026-11', 6, 9)).toBe(false);
    await months.grant({ ...near, number: 3, microUsd: 100, warning: { fromMicroUsd: 800, nowMs: 7 } });
    await months.warned('alpha', '2026-11');
    expect(await months.read('alpha', '2026-11')).toEqual({
      committedMicroUsd: 900,
      warnedAtMs: 6,
      tellAtMs: undefined,
    });
  });

  it('refuses a grant that alone is over the cap', async () => {
    const { months } = ports();
    expect(await months.grant({ ...grant, microUsd: 1_001 })).toEqual({
      granted: false,
      committedMicroUsd: 0,
    });
  });

  it('counts a grant once, and answers a repeated one as it did then', async () => {
    const { months } = ports();
    await months.grant(grant);
    expect(await months.grant({ ...grant, microUsd: 700 })).toEqual({ granted: true, microUsd: 400 });
    expect(await months.grant({ ...grant, number: 2, microUsd: 500 })).toEqual({
      granted: true,
      microUsd: 500,
    });
    expect(await months.grant({ ...grant, number: 2, microUsd: 500 })).toEqual({
      granted: true,
      microUsd: 500,
    });
    expect(await months.grant({ ...grant, number: 3, microUsd: 101 })).toEqual({
      granted: false,
      committedMicroUsd: 900,
    });
  });

  it('grants no number out of turn', async () => {
    const { months } = ports();
    expect(await months.grant({ ...grant, number: 2 })).toEqual({ granted: false, committedMicroUsd: 0 });
  });

  it('tells whoever asks for an earlier number what has been noted since', async () => {
    const { months } = ports();
    await months.grant(grant);
    await months.grant({ ...grant, number: 2, microUsd: 300 });
    const ahead = { number: 2, totalMicroUsd: 700 };
    expect(await months.grant(grant)).toEqual({ granted: true, microUsd: 0, ahead });
  });

  it('takes back all grants of a job but what it kept, and that once', async () => {
    const { months } = ports();
    await months.grant(grant);
    await months.grant({ ...grant, number: 2, microUsd: 300 });
    await months.giveBack({ ...back, keptMicroUsd: 250 });
    await months.giveBack({ ...back, keptMicroUsd: 250 });
    const asked = { ...grant, jobId: 'job-2', microUsd: 751 };
    expect(await months.grant(asked)).toEqual({ granted: false, committedMicroUsd: 250 });
    expect(await months.grant({ ...asked, microUsd: 750 })).toEqual({ granted: true, microUsd: 750 });
  });

  it('takes nothing back from a job that it has granted nothing', async () => {
    const { months } = ports();
    await months.giveBack(back);
    await months.grant({ ...grant, jobId: 'job-2' });
    await months.giveBack(back);
    expect(await months.grant({ ...grant, microUsd: 601 })).toEqual({
      granted: false,
      committedMicroUsd: 400,
    });
  });

  it('is never over its cap, however many jobs ask at once', async () => {
    const { months } = ports();
    const asked = Array.from({ length: 8 }, (_, n) =>
      months.grant({ ...grant, jobId: `job-${n}`, microUsd: 300 }),
    );
    expect((await Promise.all(asked)).filter(({ granted }) => granted)).toHaveLength(3);
  });
});

test('a month near its limit is due until people have been told, once [C7]', async () => {
  const aws = await startLocalAws();
  try {
    const deps = makeMemoryRunDeps();
    const { months, runs, store } = await aws.fresh();
    const at = { project: 'alpha', month: '2026-11', capMicroUsd: 100, number: 1 };
    const warning = { fromMicroUsd: 80, nowMs: deps.clock.nowMs() };
    await months.grant({ ...at, jobId: 'job-1', microUsd: 79, warning });
    expect(await runs.due(deps.clock.nowMs(), 10)).toEqual([]);
    await months.grant({ ...at, jobId: 'job-2', microUsd: 1, warning });
    const lost = (n: number) => makeRunning({ id: `job-${n}`, leaseUntilMs: deps.clock.nowMs() - 60_000 });
    await Promise.all(Array.from({ length: 20 }, (_, n) => store.create(lost(n))));
    expect(await runs.due(deps.clock.nowMs(), 3)).toEqual([{ kind: 'month', id: 'alpha#2026-11' }]);
    for (const _ of [1, 2]) await reconcileRuns({ ...deps, months, runs });
    await months.grant({ ...at, jobId: 'job-3', microUsd: 1, warning });
    await reconcileRuns({ ...deps, months, runs });
    expect(deps.announcer.mails.map(({ subject }) => subject)).toEqual([
      'Muster: alpha has committed 80 % of its 2026-11 budget',
    ]);
    expect(await runs.due(deps.clock.nowMs(), 10)).toEqual([]);
  } finally {
    await aws.close();
  }
});
