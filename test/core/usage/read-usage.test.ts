import { beforeEach, describe, expect, it } from '@jest/globals';
import { noWork } from '#contracts/usage.ts';
import { readUsage } from '#core/usage/read-usage.ts';
import { startMs } from '../../fakes/job-rows.ts';
import { callerOf, everyone } from '../../fakes/job-steps.ts';
import { type MemoryDeps, makeMemoryDeps } from '../../fakes/memory-deps.ts';
import { MemoryRunStore } from '../../fakes/memory-run-store.ts';
import { makeLedgerEntry } from '../../fakes/usage-records.ts';

const dayMs = 86_400_000;

let deps: MemoryDeps & { runs: MemoryRunStore };
beforeEach(async () => {
  const memory = makeMemoryDeps();
  deps = { ...memory, runs: new MemoryRunStore({ timings: memory.settings.timings }) };
  for (const project of ['alpha', 'beta']) await deps.projects.note(project);
});

async function spend(project: string, microUsd: number, changes: Parameters<typeof makeLedgerEntry>[0] = {}) {
  await deps.ledger.put(makeLedgerEntry({ project, microUsd, jobId: `job-${project}`, ...changes }));
}

describe('usage', () => {
  it('is what each project has cost in the month so far, the dearest first [A8] [A9] [D6]', async () => {
    await spend('alpha', 70);
    await spend('beta', 500);
    await spend('beta', 250_000, { key: '1/main/2' });
    await spend('beta', 999_999, { key: '1/main/3', atMs: startMs - 20 * dayMs });
    expect(await readUsage(deps, everyone, {})).toEqual({
      by: 'project',
      from: '2026-11-01',
      to: '2026-11-15',
      items: [
        {
          key: 'beta',
          calls: 2,
          usage: { inputTokens: 20, outputTokens: 10, cacheReadTokens: 0, cacheWriteTokens: 0 },
          costUsd: 0.2505,
          cachedAnswers: 0,
          savedUsd: 0,
          claudeTokens: 30,
          work: noWork,
        },
        {
          key: 'alpha',
          calls: 1,
          usage: { inputTokens: 10, outputTokens: 5, cacheReadTokens: 0, cacheWriteTokens: 0 },
          costUsd: 0.00007,
          cachedAnswers: 0,
          savedUsd: 0,
          claudeTokens: 15,
          work: noWork,
        },
      ],
    });
  });

  it('counts answers from the response cache apart from calls, with what they saved [D9]', async () => {
    const usage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };
    await spend('alpha', 70);
    for (const turn of [2, 3])
      await spend('alpha', 0, { key: `1/main/${turn}/cached`, usage, savedMicroUsd: 250 });
    const { items } = await readUsage(deps, everyone, {});
    expect(items).toMatchObject([{ calls: 1, costUsd: 0.00007, cachedAnswers: 2, savedUsd: 0.0005 }]);
  });

  it('is counted by model, by day and by job as well', async () => {
    await spend('alpha', 70, { model: 'claude-haiku-5-5' });
    await spend('beta', 500, { atMs: startMs - dayMs });
    const keysBy = async (by: string) =>
      (await readUsage(deps, everyone, { by })).items.map(({ key }) => key);
    expect(await keysBy('model')).toEqual(['claude-sonnet-5-5', 'claude-haiku-5-5']);
    expect(await keysBy('day')).toEqual(['2026-11-14', '2026-11-15']);
    expect(await keysBy('job')).toEqual(['job-beta', 'job-alpha']);
  });

  it('holds only what the caller may touch', async () => {
    await spend('alpha', 70);
    await spend('beta', 500);
    const { items } = await readUsage(deps, callerOf('alpha'), {});
    expect(items.map(({ key }) => key)).toEqual(['alpha']);
    const foreign = readUsage(deps, callerOf('alpha'), { project: 'beta' });
    await expect(foreign).rejects.toMatchObject({ code: 'not_found' });
  });

  it('goes on where a page ended, so that the pages add up to all of it', async () => {
    for (let n = 0; n < 6_500; n++) await spend('alpha', 1, { jobId: `job-${n}`, atMs: startMs + n });
    await spend('beta', 7);
    const first = await readUsage(deps, everyone, {});
    expect(first.items).toMatchObject([{ key: 'alpha', calls: 5_000, costUsd: 0.005 }]);
    const second = await readUsage(deps, everyone, { cursor: first.cursor });
    expect(second.items).toMatchObject([
      { key: 'alpha', calls: 1_500 },
      { key: 'beta', calls: 1 },
    ]);
    expect(second.cursor).toBeUndefined();
  });

  it('counts by run and by agent, and what belongs to none as that [D6]', async () => {
    await spend('alpha', 5, { run: 'run-0123456789abcdef', agent: 'critic' });
    await spend('alpha', 3, { run: 'run-0123456789abcdef', agent: 'worker', jobId: 'job-2' });
    await spend('alpha', 1, { jobId: 'job-3' });
    const byRun = await readUsage(deps, everyone, { by: 'run' });
    expect(byRun.items).toMatchObject([
      { key: 'run-0123456789abcdef', calls: 2, costUsd: 0.000008 },
      { key: 'none', calls: 1, costUsd: 0.000001 },
    ]);
    const byAgent = await readUsage(deps, everyone, { by: 'agent' });
    expect(byAgent.items.map(({ key }) => key)).toEqual(['critic', 'worker', 'none']);
  });

  it('refuses what cannot be counted, and says what can', async () => {
    await expect(readUsage(deps, everyone, { by: 'mood' })).rejects.toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining('/by'),
    });
    const tooLong = { from: '2024-01-01', to: '2026-01-01' };
    await expect(readUsage(deps, everyone, tooLong)).rejects.toMatchObject({
      code: 'invalid_request',
      message: 'from 2024-01-01 to 2026-01-01 are 732 days; it must be 1 to 366',
    });
    await expect(readUsage(deps, everyone, { from: 'soon' })).rejects.toMatchObject({
      code: 'invalid_request',
    });
  });
});
