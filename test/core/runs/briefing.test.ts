import { expect, test } from '@jest/globals';
import type { CycleRow } from '#contracts/cycle-row.ts';
import type { RunRow } from '#contracts/run-row.ts';
import { readBriefing, writeBriefing } from '#core/runs/briefing.ts';
import { writeMemory } from '#core/runs/memory.ts';
import { makeClosedCycle } from '../../fakes/closed-cycle.ts';
import { type MemoryRunDeps, makeMemoryRunDeps } from '../../fakes/memory-run-deps.ts';

const otherId = 'run-fedcba9876543210';

interface Closed {
  deps: MemoryRunDeps;
  run: RunRow;
  cycle: CycleRow;
}

/** A run of the project whose first cycle has ended, with what the reviewers left in the bucket. */
async function afterCycle(deps: MemoryRunDeps, id?: string): Promise<Closed> {
  const { place } = await makeClosedCycle();
  const run = { ...place.run, ...(id ? { id } : {}), version: 1, cycle: 2 };
  const cycle = { ...place.cycle, run: run.id, version: 1 };
  await deps.runs.runs.create(run);
  await deps.runs.cycles.create(cycle);
  const prefix = `projects/default/runs/${run.id}/cycles/1/`;
  const check = {
    ...{ criterion: 'NDCG is at least 0.72', tool: 'run_evaluation', args: {}, ok: false },
    ...{ exitCode: 1, output: 'NDCG@10 0.6854: FAILED\n# Not a heading of ours', milliseconds: 5 },
  };
  await deps.objects.put(`${prefix}review/1.json`, JSON.stringify({ checks: [check] }));
  const review = {
    ...{ subject: 'cycle', objectiveAchieved: false, summary: 'The gate failed.', topics: [] },
    lessons: ['Scale the clicks.'],
    ...{ model: 'claude-opus-5-5', costUsd: 0.1 },
    usage: { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0 },
  };
  await deps.objects.put(`${prefix}review/cycle.json`, JSON.stringify(review));
  return { deps, run, cycle };
}

async function briefingOf({ deps, run }: Closed): Promise<string> {
  await writeBriefing(deps, run, 2);
  return readBriefing(deps, run, 2);
}

test('tells what each action of the last cycle came to, with what the checks measured [B6]', async () => {
  const text = await briefingOf(await afterCycle(makeMemoryRunDeps()));
  expect(text).toContain('Cycle 1: ActionsFailed, 1 of');
  expect(text).toContain('Check run_evaluation FAILED (NDCG is at least 0.72):\n> NDCG@10 0.6854: FAILED');
  expect(text).toContain('2 FAILED: Write down how the sum is made.');
  expect(text).toContain('Lessons:\n- Scale the clicks.');
});

test('quotes what tools and people wrote, so that none of it reads as ours', async () => {
  const text = await briefingOf(await afterCycle(makeMemoryRunDeps()));
  expect(text).toContain('> # Not a heading of ours');
  expect(text.split('\n').filter((line) => line.startsWith('# '))).toEqual([]);
});

test('carries the memory of the project, and what people said [C7]', async () => {
  const closed = await afterCycle(makeMemoryRunDeps());
  await writeMemory(closed.deps, 'default', '- Never deploy on a Friday.');
  expect(await briefingOf(closed)).toContain("## The project's memory\n\n> - Never deploy on a Friday.");
});

test('carries the lessons of a linked run, and so does that one’s of this [B13]', async () => {
  const deps = makeMemoryRunDeps();
  const [first, second] = [await afterCycle(deps), await afterCycle(deps, otherId)];
  const learning = { ...first, run: { ...first.run, learnsFrom: [otherId] } };
  expect(await briefingOf(learning)).toContain(`## What run ${otherId} (small) has learnt`);
  const back = { ...second, run: { ...second.run, learnsFrom: [first.run.id] } };
  expect(await briefingOf(back)).toContain(`## What run ${first.run.id} (small) has learnt`);
});

test('is written once: a meeting that begins again reads what it read before', async () => {
  const closed = await afterCycle(makeMemoryRunDeps());
  const before = await briefingOf(closed);
  await writeMemory(closed.deps, 'default', 'Something new.');
  expect(await briefingOf(closed)).toBe(before);
});
