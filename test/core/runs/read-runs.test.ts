import { describe, expect, it } from '@jest/globals';
import { listGates, listRuns, readRunEvents } from '#core/runs/read-runs.ts';
import { toRunView } from '#core/runs/run-view.ts';
import { startRun } from '#core/runs/start-run.ts';
import { ana, ben, makeMemoryCycle, planCycle, startOptions } from '../../fakes/memory-cycle.ts';

const place = { consoleOf: (arn: string) => `https://console/${arn}` };

describe('listing runs', () => {
  it('shows the newest first, page by page, each run once', async () => {
    const { deps } = await makeMemoryCycle();
    const body = { team: 'small', objective: 'Mend it.', project: 'alpha' };
    for (const key of ['two', 'three']) {
      deps.clock.advanceSeconds(1);
      await startRun(deps, ana, body, startOptions(key));
    }
    const first = await listRuns(deps, ana, { limit: 2 });
    const second = await listRuns(deps, ana, { limit: 2, cursor: first.cursor });
    const times = [...first.rows, ...second.rows].map(({ createdAtMs }) => createdAtMs);
    expect(times).toHaveLength(3);
    expect(times).toEqual([...times].sort((a, b) => b - a));
  });

  it('takes no cursor of the events of another run', async () => {
    const { deps, run } = await makeMemoryCycle();
    const body = { team: 'small', objective: 'Mend it.', project: 'alpha' };
    const { run: other } = await startRun(deps, ana, body, startOptions('two'));
    const { cursor } = await readRunEvents(deps, ana, run, {});
    await readRunEvents(deps, ana, run, { after: cursor });
    await expect(readRunEvents(deps, ana, other.id, { after: cursor })).rejects.toMatchObject({
      code: 'invalid_cursor',
    });
  });

  it('shows nothing of projects that the caller may not touch', async () => {
    const { deps } = await makeMemoryCycle();
    expect((await listRuns(deps, { ...ben, projects: ['beta'] }, {})).rows).toEqual([]);
    await expect(listRuns(deps, ben, { project: 'beta' })).rejects.toMatchObject({ code: 'not_found' });
  });

  it('shows a run that waits for a person as WAITING, and its approval among the pending ones', async () => {
    const cycle = await makeMemoryCycle({ '/approvals': { plan: true } });
    await planCycle(cycle);
    await cycle.step({ step: 'askPlanApproval' });
    const { rows } = await listRuns(cycle.deps, ana, { status: 'WAITING' });
    expect(rows.map(({ id }) => id)).toEqual([cycle.run]);
    expect((await listGates(cycle.deps, ana, {})).rows.map(({ id }) => id)).toEqual([`${cycle.run}-c1-plan`]);
    expect((await listGates(cycle.deps, ana, { status: 'decided' })).rows).toEqual([]);
  });
});

describe('a run as clients see it', () => {
  it('has its cycles, where to look, and no token', async () => {
    const cycle = await makeMemoryCycle();
    await planCycle(cycle, [{}, { dependsOn: [1] }]);
    const run = cycle.deps.runs.runs.rows.get(cycle.run);
    if (!run) throw new Error('there is no run');
    const view = toRunView(run, await cycle.deps.runs.cycles.ofRun(cycle.run), place);
    expect(view).toMatchObject({ id: cycle.run, status: 'RUNNING', cycle: 1, costUsd: 0 });
    expect(view.cycles[0]?.actions.map(({ id, wave }) => [id, wave])).toEqual([
      [1, 0],
      [2, 1],
    ]);
    expect(view.links.console).toBe(`https://console/${run.executionArn}`);
    expect(JSON.stringify(view)).not.toContain('token-');
  });
});
