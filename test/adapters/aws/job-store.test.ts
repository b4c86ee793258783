import { expect, it } from '@jest/globals';
import { makeRow, makeRunning, startMs } from '../../fakes/job-rows.ts';
import { describePorts } from './contract.ts';

describePorts('job rows', (ports) => {
  it('are read back as they were written, without what is undefined', async () => {
    const { store } = ports();
    const row = makeRunning({
      version: 1,
      model: 'claude-sonnet-5-5',
      reservations: [
        { key: '1/main/1', attempt: 1, sessionSha256: 'cc'.repeat(32), model: 'm', microUsd: 5 },
      ],
      turns: { main: 1 },
      outbox: { wake: { kind: 'wake', jobId: 'job-1' }, 'release-1': { kind: 'release', attempt: 1 } },
    });
    expect(await store.create({ ...row, error: undefined, notBeforeMs: undefined })).toBe(true);
    expect(await store.get('job-1')).toEqual(row);
    expect(Object.keys((await store.get('job-1')) ?? {})).not.toContain('error');
    expect(await store.get('job-2')).toBeUndefined();
  });

  it('are created once', async () => {
    const { store } = ports();
    const answers = await Promise.all([store.create(makeRow()), store.create(makeRow({ priority: 'high' }))]);
    expect(answers.filter(Boolean)).toHaveLength(1);
  });

  it('are replaced only by the next version', async () => {
    const { store } = ports();
    expect(await store.replace(makeRow({ version: 2 }))).toBe(false);
    await store.create(makeRow());
    expect(await store.replace(makeRow({ version: 2, priority: 'high' }))).toBe(true);
    expect(await store.replace(makeRow({ version: 2, priority: 'low' }))).toBe(false);
    expect(await store.replace(makeRow({ version: 4 }))).toBe(false);
    expect((await store.get('job-1'))?.priority).toBe('high');
  });

  it('let one of many through that read the same version', async () => {
    const { store } = ports();
    await store.create(makeRow());
    const writes = Array.from({ length: 8 }, (_, n) => store.replace(makeRow({ version: 2, failures: n })));
    expect((await Promise.all(writes)).filter(Boolean)).toHaveLength(1);
  });

  it('come many at a time, each once, without those that do not exist', async () => {
    const { store } = ports();
    await Promise.all(Array.from({ length: 120 }, (_, n) => store.create(makeRow({ id: `job-${n}` }))));
    const ids = Array.from({ length: 120 }, (_, n) => `job-${n}`);
    const rows = await store.getMany([...ids, 'job-0', 'nothing']);
    expect(rows.map(({ id }) => id).sort()).toEqual([...ids].sort());
    expect(await store.getMany([])).toEqual([]);
    expect(await store.getMany(['nothing'])).toEqual([]);
  });

  it('have their lease renewed by the session that owns the attempt, while it runs', async () => {
    const { store } = ports();
    const lease = {
      id: 'job-1',
      attempt: 1,
      sessionSha256: 'cc'.repeat(32),
      leaseUntilMs: startMs + 500_000,
    };
    expect(await store.renewLease(lease)).toBe(false);
    await store.create(makeRunning({ version: 1 }));
    expect(await store.renewLease({ ...lease, attempt: 2 })).toBe(false);
    expect(await store.renewLease({ ...lease, sessionSha256: 'dd'.repeat(32) })).toBe(false);
    expect(await store.renewLease(lease)).toBe(true);
    expect(await store.get('job-1')).toMatchObject({ version: 2, leaseUntilMs: startMs + 500_000 });
    expect(await store.replace(makeRunning({ version: 2 }))).toBe(false);
    await store.replace(makeRunning({ version: 3, status: 'STOPPING', stopCause: 'cancel' }));
    expect(await store.renewLease(lease)).toBe(false);
  });

  it('are claimable by priority, then by age', async () => {
    const { store } = ports();
    await store.create(makeRow({ id: 'old-low', priority: 'low', queuedAtMs: startMs - 9_000 }));
    await store.create(makeRow({ id: 'new-high', priority: 'high', queuedAtMs: startMs }));
    await store.create(makeRow({ id: 'old-high', priority: 'high', queuedAtMs: startMs - 5_000 }));
    await store.create(makeRow({ id: 'waits', priority: 'high', notBeforeMs: startMs + 1 }));
    await store.create(makeRunning({ id: 'runs', version: 1 }));
    expect(await store.queuedHead('fargate', 10)).toEqual(['old-high', 'new-high', 'old-low']);
    expect(await store.queuedHead('fargate', 2)).toEqual(['old-high', 'new-high']);
  });

  it('are due when their lease, their wait or their outbox says so, the earliest first', async () => {
    const { store } = ports();
    const lease = (id: string, leaseUntilMs: number) => makeRunning({ id, version: 1, leaseUntilMs });
    await store.create(lease('late', startMs + 3_000));
    await store.create(lease('early', startMs + 1_000));
    await store.create(lease('not-yet', startMs + 9_000));
    await store.create(makeRow({ id: 'waits', notBeforeMs: startMs + 2_000 }));
    await store.create(
      makeRow({
        id: 'ended',
        status: 'CANCELLED',
        endedAtMs: startMs,
        outbox: { settle: { kind: 'settle' } },
      }),
    );
    expect(await store.due(startMs + 3_000, 10)).toEqual(['early', 'waits', 'late']);
    expect(await store.due(startMs + 3_000, 2)).toEqual(['early', 'waits']);
    expect(await store.due(startMs + 30_000, 10)).toEqual(['early', 'waits', 'late', 'not-yet', 'ended']);
  });

  it('are due although many others that stay due came before them', async () => {
    const { store, months } = ports();
    const warning = { fromMicroUsd: 1, nowMs: startMs };
    const asked = { month: '2026-11', jobId: 'any', number: 1, microUsd: 1, capMicroUsd: 1, warning };
    await Promise.all(Array.from({ length: 40 }, (_, n) => months.grant({ ...asked, project: `p-${n}` })));
    await store.create(makeRunning({ id: 'lost', leaseUntilMs: startMs + 1_000 }));
    expect(await store.due(startMs + 2_000, 3)).toEqual(['lost']);
  });

  it('leave the index of what is due once nothing is left to do', async () => {
    const { store } = ports();
    const ended = makeRow({ status: 'CANCELLED', endedAtMs: startMs });
    await store.create({ ...ended, outbox: { settle: { kind: 'settle' } } });
    await store.replace({ ...ended, version: 2 });
    expect(await store.due(startMs + 999_999, 10)).toEqual([]);
  });

  it('are listed by project from the newest, below a key', async () => {
    const { store } = ports();
    for (const n of [1, 2, 3])
      await store.create(makeRow({ id: `job-${n}`, createdAtMs: startMs + n * 1_000 }));
    await store.create(makeRow({ id: 'other', project: 'other' }));
    const first = await store.listed({ project: 'default', limit: 2 });
    expect(first.map(({ id }) => id)).toEqual(['job-3', 'job-2']);
    const rest = await store.listed({ project: 'default', limit: 2, beforeKey: first[1]?.key ?? '' });
    expect(rest).toEqual([{ id: 'job-1', key: '01794744001000#job-1' }]);
    expect(await store.listed({ project: 'nothing', limit: 2 })).toEqual([]);
  });
});
