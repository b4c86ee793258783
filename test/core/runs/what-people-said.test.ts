import { expect, it } from '@jest/globals';
import { writeBriefing } from '#core/runs/briefing.ts';
import { decideGate } from '#core/runs/decide-gate.ts';
import { ana, type MemoryCycle, makeMemoryCycle, planCycle } from '../../fakes/memory-cycle.ts';

const decision = {
  ...{ action: 'Decide whether the new sum goes live.', kind: 'go_live', owner: 'user' },
  successCriteria: ['There is a yes or a no.'],
};

/** A cycle in which the user has done what they were asked for. */
async function afterTask(answer: Record<string, unknown>): Promise<MemoryCycle> {
  const cycle = await makeMemoryCycle();
  await planCycle(cycle, [decision]);
  await cycle.step({ step: 'execute', action: 1, revision: 0 });
  const id = `${cycle.run}-c1-a1-r0-task`;
  const { digest } = (await cycle.deps.runs.gates.get(id)) ?? {};
  await decideGate(cycle.deps, ana, id, { decision: 'approve', digest, ...answer });
  await cycle.step({ step: 'judge', action: 1, revision: 0 });
  return cycle;
}

async function finalReviewOf({ deps, run, step }: MemoryCycle): Promise<string> {
  await step({ step: 'review' });
  const { inputKey = '' } = deps.store.rows.get(`${run}-c1-review`) ?? {};
  return (await deps.objects.get(inputKey)) ?? '';
}

async function nextBriefingOf({ deps, run }: MemoryCycle): Promise<string> {
  const row = await deps.runs.runs.get(run);
  if (!row) throw new Error(`there is no run ${run}`);
  await writeBriefing(deps, row, 2);
  return (await deps.objects.get(`projects/alpha/runs/${run}/cycles/2/briefing.json`)) ?? '';
}

const task = 'Task: Decide whether the new sum goes live. APPROVED';

it('tells the next meeting what a person has handed in, in their words [B5] [C2]', async () => {
  const cycle = await afterTask({ result: 'Stop: nobody wants it.', comment: 'Ask again in May.' });
  expect(await nextBriefingOf(cycle)).toContain(
    `- ${task}: Ask again in May. Handed in: Stop: nobody wants it.`,
  );
});

it('tells who reviews the cycle what people have decided, in their words [B5] [C2]', async () => {
  const review = await finalReviewOf(await afterTask({ result: 'Stop: nobody wants it.' }));
  expect(review).toContain(`- ${task}: Handed in: Stop: nobody wants it.`);
});

it('passes on what matters of a long answer, its head and its tail', async () => {
  const cycle = await afterTask({ result: `Stop. ${'x'.repeat(15_000)} That is all.` });
  for (const text of [await finalReviewOf(cycle), await nextBriefingOf(cycle)]) {
    expect(text).toContain('Handed in: Stop. xxx');
    expect(text).toMatch(/characters left out … x+ That is all\./);
    expect(text.length).toBeLessThan(10_000);
  }
});
