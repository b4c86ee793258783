import { describe, expect, it } from '@jest/globals';
import { reconcileRun } from '#core/runs/reconcile-run.ts';
import { stopRun } from '#core/runs/stop-run.ts';
import { ana, ben, makeMemoryCycle, planCycle } from '../../fakes/memory-cycle.ts';

describe('stopping a run', () => {
  it('cancels the job that is waited for and tells its state; the run ends when its cycle is closed', async () => {
    const { deps, run, step } = await makeMemoryCycle();
    await step({ step: 'open' });
    await step({ step: 'plan' });
    expect(await stopRun(deps, ana, run)).toMatchObject({ status: 'STOPPING', stoppedBy: ana.arn });
    expect(deps.store.rows.get(`${run}-c1-meet`)?.status).toBe('CANCELLED');
    expect(deps.workflow.told.map(({ token }) => token)).toContain('token-plan');
    expect(await step({ step: 'close' })).toMatchObject({ end: 'StoppedByPerson' });
    expect(deps.runs.runs.rows.get(run)).toMatchObject({ status: 'STOPPED', outbox: {} });
  });

  it('answers as before when it is stopped again', async () => {
    const { deps, run, step } = await makeMemoryCycle();
    await step({ step: 'open' });
    await stopRun(deps, ana, run);
    expect(await stopRun(deps, ben, run)).toMatchObject({ status: 'STOPPING', stoppedBy: ana.arn });
  });

  it('cancels an approval that somebody had to give', async () => {
    const { deps, run, step, ...rest } = await makeMemoryCycle({ '/approvals': { plan: true } });
    await planCycle({ deps, run, step, ...rest });
    await step({ step: 'askPlanApproval' });
    await stopRun(deps, ana, run);
    expect(deps.runs.gates.rows.get(`${run}-c1-plan`)?.status).toBe('CANCELLED');
    expect(deps.workflow.told.map(({ token }) => token)).toContain('token-askPlanApproval');
  });

  it('ends a run at once whose cycle has not begun', async () => {
    const { deps, run } = await makeMemoryCycle();
    const row = deps.runs.runs.rows.get(run);
    if (!row) throw new Error('there is no run');
    const { executionArn: _, ...waiting } = row;
    deps.runs.runs.write({ ...waiting, outbox: { start: { kind: 'start', cycle: 1 } } });
    expect(await stopRun(deps, ana, run)).toMatchObject({ status: 'STOPPED', outbox: {} });
  });

  it('ends a run with good manners whose cycle has begun before anybody has noted its start', async () => {
    const { deps, run, step } = await makeMemoryCycle();
    const row = deps.runs.runs.rows.get(run);
    if (!row) throw new Error('there is no run');
    const { executionArn: _, ...waiting } = row;
    deps.runs.runs.write({ ...waiting, outbox: { start: { kind: 'start', cycle: 1 } } });
    await step({ step: 'open' });
    await step({ step: 'plan' });
    expect((await stopRun(deps, ana, run)).status).toBe('STOPPING');
    expect(deps.store.rows.get(`${run}-c1-meet`)?.status).toBe('CANCELLED');
  });

  it('begins no job after it, and no approval', async () => {
    const { deps, run, step } = await makeMemoryCycle();
    await step({ step: 'open' });
    await stopRun(deps, ana, run);
    await step({ step: 'plan' });
    expect(deps.store.rows.size).toBe(0);
    expect(deps.workflow.told.map(({ token }) => token)).toEqual(['token-plan']);
  });

  it('tells jobs again that were made while it was being written', async () => {
    const { deps, run, step } = await makeMemoryCycle();
    await step({ step: 'open' });
    await stopRun(deps, ana, run);
    expect(Object.keys(deps.runs.runs.rows.get(run)?.outbox ?? {})).toEqual(['halt']);
    await reconcileRun(deps, run);
    expect(Object.keys(deps.runs.runs.rows.get(run)?.outbox ?? {})).toEqual(['halt']);
  });

  it('refuses a run that has ended otherwise, and one that the caller may not touch', async () => {
    const { deps, run, step } = await makeMemoryCycle({}, { maxCycles: 1 });
    await step({ step: 'close' });
    expect(deps.runs.runs.rows.get(run)?.status).toBe('FAILED');
    await expect(stopRun(deps, ana, run)).rejects.toMatchObject({ code: 'run_ended' });
    await expect(stopRun(deps, { ...ben, projects: [] }, run)).rejects.toMatchObject({ code: 'not_found' });
  });
});
