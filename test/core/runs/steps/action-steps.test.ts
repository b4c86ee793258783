import { describe, expect, it } from '@jest/globals';
import {
  aResult,
  aReview,
  type MemoryCycle,
  makeMemoryCycle,
  planCycle,
} from '../../../fakes/memory-cycle.ts';

const hex = (digit: string) => digit.repeat(64);

function actionOf({ deps, run }: MemoryCycle, id = 1) {
  return deps.runs.cycles.rows.get(`${run} 1`)?.actions.find((action) => action.id === id);
}

/** Executed, checked, judged. */
async function go(cycle: MemoryCycle, action: number, revision: number, result: unknown, review: unknown) {
  const at = { action, revision };
  await cycle.step({ step: 'execute', ...at });
  await cycle.finish(`${cycle.run}-c1-a${action}-r${revision}-do`, result);
  await cycle.step({ step: 'check', ...at });
  await cycle.finish(`${cycle.run}-c1-a${action}-r${revision}-check`, review);
  return cycle.step({ step: 'judge', ...at });
}

describe('an action of a cycle', () => {
  it('compares a revision with the files that its work began on, not with what was merged since', async () => {
    const cycle = await makeMemoryCycle();
    await planCycle(cycle, [{}, {}]);
    await go(cycle, 1, 0, aResult(hex('1')), aReview('not_met'));
    await go(cycle, 2, 0, aResult(hex('2')), aReview('met', hex('3')));
    await cycle.step({ step: 'execute', action: 1, revision: 1 });
    await cycle.finish(`${cycle.run}-c1-a1-r1-do`, aResult(hex('4')));
    await cycle.step({ step: 'check', action: 1, revision: 1 });
    const check = cycle.deps.store.rows.get(`${cycle.run}-c1-a1-r1-check`);
    expect(check?.inputWorkspace?.sha256).toBe(hex('4'));
    expect(check?.archives?.head?.sha256).toBe(hex('3'));
    expect(check?.archives?.base).toBeUndefined();
  });

  it('is skipped where what it depends on was not done', async () => {
    const cycle = await makeMemoryCycle();
    await planCycle(cycle, [{}, { dependsOn: [1] }]);
    await go(cycle, 1, 0, aResult(), aReview('cannot_tell'));
    await cycle.step({ step: 'execute', action: 2, revision: 0 });
    expect(actionOf(cycle, 2)).toMatchObject({ status: 'SKIPPED', reason: 'it depends on 1 (UNPROVEN)' });
  });

  it('has one job a revision, however often its step is entered, and each token is told', async () => {
    const cycle = await makeMemoryCycle();
    await planCycle(cycle);
    for (const token of ['first', 'second', 'first'])
      await cycle.step({ step: 'execute', action: 1, revision: 0, token });
    const row = cycle.deps.store.rows.get(`${cycle.run}-c1-a1-r0-do`);
    expect(row).toMatchObject({ token: 'second', olderTokens: ['first'] });
    expect(actionOf(cycle)?.jobs).toEqual([`${cycle.run}-c1-a1-r0-do`]);
    await cycle.finish(`${cycle.run}-c1-a1-r0-do`, aResult());
    await cycle.step({ step: 'execute', action: 1, revision: 0, token: 'third' });
    expect(cycle.deps.workflow.told.map(({ token }) => token)).toContain('third');
  });

  it('is not begun once more after it has ended', async () => {
    const cycle = await makeMemoryCycle();
    await planCycle(cycle);
    await go(cycle, 1, 0, aResult(), aReview('met'));
    await cycle.step({ step: 'execute', action: 1, revision: 1 });
    expect(actionOf(cycle)).toMatchObject({ status: 'DONE', revision: 0 });
    expect(cycle.deps.store.rows.has(`${cycle.run}-c1-a1-r1-do`)).toBe(false);
  });
});
