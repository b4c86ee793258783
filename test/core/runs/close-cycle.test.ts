import { describe, expect, it } from '@jest/globals';
import type { RunRow } from '#contracts/run-row.ts';
import { closeCycle } from '#core/runs/close-cycle.ts';
import { reconcileRun } from '#core/runs/reconcile-run.ts';
import { toRunView } from '#core/runs/run-view.ts';
import { aResult, aReview, type MemoryCycle, makeMemoryCycle, planCycle } from '../../fakes/memory-cycle.ts';

const one = { action: 1, revision: 0 };

/** One action, carried out and met. */
async function carryOut(cycle: MemoryCycle): Promise<void> {
  await planCycle(cycle);
  await cycle.step({ step: 'execute', ...one });
  await cycle.finish(`${cycle.run}-c1-a1-r0-do`, aResult());
  await cycle.step({ step: 'check', ...one });
  await cycle.finish(`${cycle.run}-c1-a1-r0-check`, aReview('met'));
  await cycle.step({ step: 'judge', ...one });
}

describe('closing a cycle', () => {
  it('ends it, writes its report and starts the next one', async () => {
    const cycle = await makeMemoryCycle({}, { maxCycles: 2 });
    await carryOut(cycle);
    const { deps, run } = cycle;
    const closed = await closeCycle(deps, { run, cycle: 1 });
    expect(closed).toMatchObject({ end: 'Done', report: 'cycles/1/report.html' });
    expect(deps.objects.stored.has(`projects/alpha/runs/${run}/cycles/1/report.html`)).toBe(true);
    expect(deps.runs.runs.rows.get(run)).toMatchObject({ status: 'RUNNING', cycle: 2, outbox: {} });
    expect(deps.workflow.started.map(({ input }) => input.cycle)).toEqual([1, 2]);
  });

  it('changes nothing when it is done again', async () => {
    const cycle = await makeMemoryCycle({}, { maxCycles: 2 });
    await carryOut(cycle);
    const { deps, run } = cycle;
    const first = await closeCycle(deps, { run, cycle: 1 });
    const rows = [deps.runs.runs.rows.get(run), deps.runs.cycles.rows.get(`${run} 1`)];
    expect(await closeCycle(deps, { run, cycle: 1 })).toEqual(first);
    expect([deps.runs.runs.rows.get(run), deps.runs.cycles.rows.get(`${run} 1`)]).toEqual(rows);
    expect(deps.workflow.started).toHaveLength(2);
  });

  it('begins the next one sooner where an action failed, and writes down why [B7]', async () => {
    const adapt = { fromSeconds: 600, toSeconds: 7_200 };
    const cycle = await makeMemoryCycle({ '/cadence': { everySeconds: 1_800, adapt } }, { maxCycles: 2 });
    await planCycle(cycle);
    const { deps, run } = cycle;
    await closeCycle(deps, { run, cycle: 1 });
    const reason = 'A cycle every 15 min 00 s instead of 30 min 00 s: of 1 action, 1 broken off.';
    const [first] = await deps.runs.cycles.ofRun(run);
    expect(first?.interval).toEqual({ seconds: 900, reason });
    const row = deps.runs.runs.rows.get(run);
    const notBeforeMs = (first?.startedAtMs ?? 0) + 900_000;
    expect(row).toMatchObject({ interval: { seconds: 900, reason }, cycle: 2 });
    expect(row?.outbox).toEqual({ start: { kind: 'start', cycle: 2, notBeforeMs } });
    const view = toRunView(row as RunRow, first ? [first] : [], { consoleOf: () => undefined });
    expect(view).toMatchObject({
      nextCycleAt: new Date(notBeforeMs).toISOString(),
      interval: { seconds: 900, reason },
      cycles: [{ interval: { seconds: 900, reason } }],
    });
    const said = await deps.runs.events.read(run, 0, 100);
    expect(said.map(({ message }) => message)).toContain(reason);
    const report = deps.objects.stored.get(`projects/alpha/runs/${run}/cycles/1/report.html`);
    expect(report?.body).toContain(reason);
  });

  it.each([
    [undefined, 'FAILED'],
    [{ everySeconds: 1_800 }, 'RUNNING'],
  ])('goes on after a meeting that failed where there is a cadence: %o [B7]', async (cadence, status) => {
    const { deps, run, step, finish } = await makeMemoryCycle({ '/cadence': cadence }, { maxCycles: 2 });
    await step({ step: 'open' });
    await step({ step: 'plan' });
    await finish(`${run}-c1-meet`, { nonsense: true });
    await step({ step: 'readPlan' });
    expect(await closeCycle(deps, { run, cycle: 1 })).toMatchObject({ end: 'MeetingFailed' });
    expect(deps.runs.runs.rows.get(run)?.status).toBe(status);
  });

  it('says no interval where no cycle follows [B7]', async () => {
    const cadence = { everySeconds: 1_800, adapt: { fromSeconds: 600, toSeconds: 7_200 } };
    const cycle = await makeMemoryCycle({ '/cadence': cadence }, { maxCycles: 1 });
    await planCycle(cycle);
    const { deps, run } = cycle;
    await closeCycle(deps, { run, cycle: 1 });
    const [first] = await deps.runs.cycles.ofRun(run);
    expect(first).toMatchObject({ end: 'ActionsFailed' });
    expect(first?.interval).toBeUndefined();
    expect(deps.runs.runs.rows.get(run)?.interval).toBeUndefined();
  });

  it('leaves the next cycle alone when it is done late', async () => {
    const cycle = await makeMemoryCycle({}, { maxCycles: 2 });
    await carryOut(cycle);
    const { deps, run, step } = cycle;
    await closeCycle(deps, { run, cycle: 1 });
    await step({ step: 'open', cycle: 2 });
    await step({ step: 'plan', cycle: 2 });
    await closeCycle(deps, { run, cycle: 1 });
    expect(deps.store.rows.get(`${run}-c2-meet`)?.status).toBe('QUEUED');
  });

  it('closes a cycle that names an approval which nobody came to make', async () => {
    const cycle = await makeMemoryCycle({ '/approvals': { plan: true } });
    await planCycle(cycle);
    const { deps, run } = cycle;
    const row = deps.runs.cycles.rows.get(`${run} 1`);
    if (!row) throw new Error('there is no cycle');
    deps.runs.cycles.write({ ...row, planGate: `${run}-c1-plan` });
    expect(await closeCycle(deps, { run, cycle: 1 })).toMatchObject({ end: 'ActionsFailed' });
  });

  it('closes a cycle whose job ends by itself while it is being cancelled', async () => {
    const { deps, run, step } = await makeMemoryCycle();
    await step({ step: 'open' });
    await step({ step: 'plan' });
    const { getMany } = deps.store;
    deps.store.getMany = async (ids) => {
      const rows = await getMany.call(deps.store, ids);
      const isClosed = deps.runs.cycles.rows.get(`${run} 1`)?.end !== undefined;
      for (const row of rows)
        if (isClosed && row.status === 'QUEUED')
          deps.store.write({ ...row, status: 'SUCCEEDED', endedAtMs: 1 });
      return rows;
    };
    expect(await closeCycle(deps, { run, cycle: 1 })).toMatchObject({ end: 'TimedOut' });
  });

  it('says how it ended by the row, also to who closes it second', async () => {
    const { deps, run, step } = await makeMemoryCycle();
    await step({ step: 'open' });
    const { replace } = deps.runs.cycles;
    deps.runs.cycles.replace = async (row) => {
      deps.runs.cycles.replace = replace;
      await replace.call(deps.runs.cycles, { ...row, end: 'StoppedByPerson' });
      return false;
    };
    expect(await closeCycle(deps, { run, cycle: 1 })).toMatchObject({ end: 'StoppedByPerson' });
  });

  it('is not done where the release that the run wants was never asked for', async () => {
    const cycle = await makeMemoryCycle({ '/approvals': { release: true } });
    await carryOut(cycle);
    expect(await cycle.step({ step: 'close' })).toMatchObject({ end: 'TimedOut' });
  });

  it('stops what still lives, and lets nothing begin behind it', async () => {
    const { deps, run, step } = await makeMemoryCycle({}, { maxCycles: 2 });
    await step({ step: 'open' });
    await step({ step: 'plan' });
    await closeCycle(deps, { run, cycle: 1 });
    expect(deps.store.rows.get(`${run}-c1-meet`)?.status).toBe('CANCELLED');
    await step({ step: 'readPlan' });
    await step({ step: 'askPlanApproval' });
    await step({ step: 'review' });
    expect([...deps.store.rows.keys()]).toEqual([`${run}-c1-meet`]);
    expect(deps.runs.gates.rows.size).toBe(0);
    expect(deps.runs.cycles.rows.get(`${run} 1`)?.outcome).toBeUndefined();
  });

  it('is done by the reconciler where the execution has died', async () => {
    const { deps, run, step } = await makeMemoryCycle({}, { maxCycles: 1 });
    await step({ step: 'open' });
    const { executionArn = '' } = deps.runs.runs.rows.get(run) ?? {};
    deps.workflow.states.set(executionArn, { kind: 'ended', status: 'ABORTED' });
    deps.clock.advanceSeconds(900);
    expect(await reconcileRun(deps, run)).toMatchObject({ status: 'FAILED', outcome: 'TimedOut' });
    expect(deps.runs.cycles.rows.get(`${run} 1`)?.end).toBe('TimedOut');
  });
});
