import { beforeEach, describe, expect, it } from '@jest/globals';
import type { ActionState } from '#contracts/cycle-row.ts';
import { noWork, type UsageItem } from '#contracts/usage.ts';
import { figuresOf } from '#core/usage/figures.ts';
import { readUsage } from '#core/usage/read-usage.ts';
import { makeClosedCycle, openedMs, runId } from '../../fakes/closed-cycle.ts';
import { everyone } from '../../fakes/job-steps.ts';
import { type MemoryDeps, makeMemoryDeps } from '../../fakes/memory-deps.ts';
import { MemoryRunStore } from '../../fakes/memory-run-store.ts';
import { makeExecution } from '../../fakes/usage-records.ts';

const minuteMs = 60_000;
const { place } = await makeClosedCycle();
const period = { from: '2026-11-20', to: '2026-11-21' };

let deps: MemoryDeps & { runs: MemoryRunStore };
beforeEach(async () => {
  const memory = makeMemoryDeps();
  deps = { ...memory, runs: new MemoryRunStore({ timings: memory.settings.timings }) };
  await deps.projects.note('default');
});

const done: Partial<ActionState> = {
  status: 'DONE',
  revision: 0,
  checks: 0,
  verdicts: { a: 'met', b: 'met' },
};

async function keep(actions: Partial<ActionState>[], run: object = {}): Promise<void> {
  const base = place.cycle.actions[0] as ActionState;
  const times = { startedAtMs: openedMs, endedAtMs: openedMs + 10 * minuteMs };
  const states = actions.map((action, at) => ({ ...base, ...times, id: at + 1, owner: 'coder', ...action }));
  const ended = { version: 1, status: 'SUCCEEDED' as const, endedAtMs: openedMs + 30 * minuteMs };
  await deps.runs.runs.create({ ...place.run, ...ended, ...run });
  await deps.runs.cycles.create({ ...place.cycle, version: 1, actions: states });
}

async function workBy(by: string, query: object = period) {
  const { items } = await readUsage(deps, everyone, { by, ...query });
  return Object.fromEntries(items.map(({ key, work }) => [key, work]));
}

describe('the figures of an agent', () => {
  it('say how often and how long it worked, with what, and how its jobs ended [D6]', async () => {
    const of = { agent: 'coder', run: runId, startedAtMs: openedMs };
    const compute = { cpu: 2048, memoryMiB: 4096, diskGiB: 20 };
    const tries = [
      { attempt: 1, endedAtMs: openedMs + 1_500, outcome: 'FAILED' as const, compute },
      { attempt: 2, endedAtMs: openedMs + 2_500, outcome: 'SUCCEEDED' as const, compute, isLast: true },
      { jobId: 'job-2', endedAtMs: openedMs + 1_000, outcome: 'TIMED_OUT' as const, isLast: true },
    ];
    for (const one of tries) await deps.executions.put(makeExecution({ ...of, ...one }));
    expect((await workBy('agent')).coder).toEqual({
      ...noWork,
      attempts: 3,
      seconds: 5,
      vcpuSeconds: 8,
      gibSeconds: 16,
      jobs: 2,
      jobsSucceeded: 1,
    });
  });

  it('say what it has done of its tasks, at the first try or not, how well, and how soon [E8]', async () => {
    await keep([
      done,
      { ...done, revision: 1 },
      { ...done, checks: 1 },
      { ...done, status: 'UNPROVEN', verdicts: { a: 'met', b: 'cannot_tell' } },
      { ...done, status: 'SKIPPED' },
      { ...done, owner: 'writer' },
    ]);
    expect(await workBy('agent')).toMatchObject({
      coder: {
        ...{ actions: 4, actionsDone: 3, actionsAtFirstTry: 1, actionSeconds: 1_800 },
        ...{ criteria: 8, criteriaMet: 7, runs: 0 },
      },
      writer: { actions: 1, actionsDone: 1, actionsAtFirstTry: 1 },
    });
  });

  it('of a project and of a run say how many runs have succeeded [D6]', async () => {
    await keep([done], { id: 'run-00000000000000aa', status: 'FAILED' });
    await deps.runs.runs.create({ ...place.run, version: 1, status: 'SUCCEEDED', endedAtMs: openedMs });
    expect(await workBy('project')).toMatchObject({ default: { runs: 2, runsSucceeded: 1 } });
    expect(await workBy('run')).toMatchObject({
      'run-00000000000000aa': { runs: 1, runsSucceeded: 0 },
      [runId]: { runs: 1, runsSucceeded: 1 },
    });
    expect(await workBy('day')).toMatchObject({ '2026-11-20': { runs: 2 } });
  });

  it('hold what ended in the period, and no more', async () => {
    await keep([done, { ...done, endedAtMs: openedMs - 24 * 60 * minuteMs }]);
    for (const [n, endedAtMs] of [
      openedMs - 24 * 60 * minuteMs,
      openedMs,
      openedMs + 48 * 60 * minuteMs,
    ].entries())
      await deps.executions.put(makeExecution({ jobId: `job-${n}`, startedAtMs: endedAtMs, endedAtMs }));
    expect(await workBy('project')).toMatchObject({ default: { attempts: 1, actions: 1, runs: 1 } });
    expect(await workBy('project', { from: '2026-11-24', to: '2026-11-25' })).toEqual({});
  });

  it('go on where a page ended, so that the pages add up to all of it', async () => {
    for (let n = 0; n < 3_000; n++)
      await deps.executions.put(makeExecution({ jobId: `job-${n}`, endedAtMs: openedMs + n }));
    await keep([done]);
    const first = await readUsage(deps, everyone, period);
    const second = await readUsage(deps, everyone, { ...period, cursor: first.cursor });
    const counted = [...first.items, ...second.items].map(({ work }) => [work.attempts, work.runs]);
    expect(counted).toEqual([
      [2_500, 0],
      [500, 1],
    ]);
    expect(second.cursor).toBeUndefined();
  });
});

describe('rates', () => {
  const item = (work: Partial<UsageItem['work']>, claudeTokens = 0) => ({
    usage: { inputTokens: 60, outputTokens: 40, cacheReadTokens: 0, cacheWriteTokens: 0 },
    claudeTokens,
    work: { ...noWork, ...work },
  });

  it('follow from the sums', () => {
    const work = {
      ...{ attempts: 4, seconds: 10, jobs: 3, jobsSucceeded: 2, actions: 4, actionsDone: 3 },
      ...{ actionsAtFirstTry: 1, actionSeconds: 90, criteria: 8, criteriaMet: 6, runs: 2, runsSucceeded: 1 },
    };
    expect(figuresOf(item(work, 25), 2)).toEqual({
      secondsPerAttempt: 2.5,
      successRate: 0.666667,
      tasksPerDay: 1.5,
      quality: 0.75,
      integrationSuccess: 0.25,
      secondsToDone: 30,
      claudeShare: 0.25,
      runSuccessRate: 0.5,
    });
  });

  it('are left out where there is nothing to divide by', () => {
    const usage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };
    expect(figuresOf({ ...item({}), usage }, 3)).toEqual({});
  });
});
