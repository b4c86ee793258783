import { beforeEach, describe, expect, it } from '@jest/globals';
import { readRunWithCycles } from '#core/runs/read-runs.ts';
import { reconcileRuns } from '#core/runs/reconcile-run.ts';
import { lookAtRecovery } from '#core/runs/recovery/look-at-recovery.ts';
import { toRunView } from '#core/runs/run-view.ts';
import { stopRun } from '#core/runs/stop-run.ts';
import { MemoryAlarms } from '../../../fakes/memory-alarms.ts';
import {
  ana,
  aResult,
  aReview,
  type MemoryCycle,
  makeMemoryCycle,
  planCycle,
} from '../../../fakes/memory-cycle.ts';

const one = { action: 1, revision: 0 };
const minuteMs = 60_000;
const wanted = { alarm: 'ShopErrors', withinMinutes: 30, steadyMinutes: 5 };
const cycleReview = {
  ...{ subject: 'cycle', objectiveAchieved: true, summary: 'Mended.', topics: [], lessons: [] },
  ...{ model: 'claude-opus-5-5', costUsd: 0 },
  usage: { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0 },
};

let cycle: MemoryCycle;
let alarms: MemoryAlarms;
let id: string;

/** One action that was carried out, or failed; then the final review. */
async function reviewed(team = {}, body: Record<string, unknown> = {}, outcome: 'met' | 'not_met' = 'met') {
  cycle = await makeMemoryCycle(
    { '/execution/revisions': 0, ...team },
    { maxCycles: 2, recovery: wanted, ...body },
  );
  alarms = new MemoryAlarms();
  id = `${cycle.run}-c1-recovery`;
  await planCycle(cycle);
  await cycle.step({ step: 'execute', ...one });
  await cycle.finish(`${cycle.run}-c1-a1-r0-do`, aResult());
  await cycle.step({ step: 'check', ...one });
  await cycle.finish(`${cycle.run}-c1-a1-r0-check`, aReview(outcome));
  await cycle.step({ step: 'judge', ...one });
  await cycle.step({ step: 'review' });
  await cycle.finish(`${cycle.run}-c1-review`, cycleReview);
  return cycle.step({ step: 'readReview' });
}

function look() {
  return lookAtRecovery({ ...cycle.deps, alarms }, id);
}

function later(ms: number) {
  cycle.deps.clock.advanceSeconds(ms / 1000);
}

function told(token = 'token-awaitRecovery') {
  return cycle.deps.workflow.told.filter((each) => each.token === token).length;
}

function is(state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA', sinceMs?: number) {
  alarms.states.set('ShopErrors', {
    state,
    reason: `5xx is ${state}`,
    ...(sinceMs === undefined ? {} : { sinceMs }),
  });
}

describe('a cycle that waits for its alarm to be over [C5]', () => {
  beforeEach(async () => {
    expect(await reviewed()).toMatchObject({ next: 'watch', recovery: 'watch' });
    await cycle.step({ step: 'awaitRecovery' });
  });

  it('keeps a row that is due at once, and runs nothing', async () => {
    const { deps } = cycle;
    expect(deps.runs.recoveries.rows.get(id)).toMatchObject({ status: 'WATCHING', alarm: 'ShopErrors' });
    expect(await deps.runs.due(deps.clock.nowMs(), 10)).toContainEqual({ kind: 'recovery', id });
    expect(told()).toBe(0);
  });

  it('is handed by the reconciler to whoever may look at alarms, and looked at by nobody else', async () => {
    const asked: string[][] = [];
    const watcher = { send: async (ids: readonly string[]) => void asked.push([...ids]) };
    await reconcileRuns({ ...cycle.deps, watcher });
    expect(asked).toEqual([[id]]);
    await reconcileRuns(cycle.deps);
    expect(cycle.deps.runs.recoveries.rows.get(id)?.version).toBe(1);
  });

  it('is told when the alarm has been OK for so long, not before, and then ends Done', async () => {
    is('OK');
    expect(await look()).toMatchObject({ status: 'WATCHING' });
    later(5 * minuteMs - 1);
    expect(await look()).toMatchObject({ status: 'WATCHING' });
    expect(told()).toBe(0);
    later(1);
    expect(await look()).toMatchObject({ status: 'RECOVERED', outbox: {} });
    expect(told()).toBe(1);
    expect(await cycle.step({ step: 'close' })).toMatchObject({ end: 'Done' });
    expect(cycle.deps.runs.runs.rows.get(cycle.run)).toMatchObject({ status: 'SUCCEEDED', outcome: 'Done' });
  });

  it('counts only what was watched: an alarm that was OK before says nothing about the actions', async () => {
    is('OK', cycle.deps.clock.nowMs() - 60 * minuteMs);
    expect(await look()).toMatchObject({ status: 'WATCHING' });
    later(5 * minuteMs);
    expect(await look()).toMatchObject({ status: 'RECOVERED' });
  });

  it('begins to count anew when the alarm comes back between two looks', async () => {
    is('OK');
    await look();
    later(4 * minuteMs);
    is('ALARM');
    await look();
    later(minuteMs);
    is('OK', cycle.deps.clock.nowMs());
    expect(await look()).toMatchObject({ status: 'WATCHING' });
    later(5 * minuteMs);
    expect(await look()).toMatchObject({ status: 'RECOVERED' });
  });

  it('learns from the time of the change that the alarm came back and went again unseen', async () => {
    is('OK');
    await look();
    later(4 * minuteMs);
    is('OK', cycle.deps.clock.nowMs());
    later(minuteMs);
    expect(await look()).toMatchObject({ status: 'WATCHING' });
  });

  it.each(['ALARM', 'INSUFFICIENT_DATA'] as const)('does not take %s as over', async (state) => {
    is(state);
    await look();
    later(10 * minuteMs);
    expect(await look()).toMatchObject({ status: 'WATCHING' });
  });

  it('ends NotRecovered when its time is over, and the next meeting hears why', async () => {
    is('ALARM');
    later(30 * minuteMs);
    expect(await look()).toMatchObject({ status: 'NOT_RECOVERED' });
    expect(told()).toBe(1);
    expect(await cycle.step({ step: 'close' })).toMatchObject({ end: 'NotRecovered' });
    expect(cycle.deps.runs.runs.rows.get(cycle.run)).toMatchObject({ status: 'RUNNING', cycle: 2 });
    await cycle.step({ step: 'open', cycle: 2 });
    const key = `projects/alpha/runs/${cycle.run}/cycles/2/briefing.json`;
    const { text } = JSON.parse((await cycle.deps.objects.get(key)) ?? '{}');
    expect(text).toContain('Cycle 1: NotRecovered');
    expect(text).toContain('> The alarm ShopErrors was not over in time (ALARM: 5xx is ALARM)');
  });

  it('fails the run where no cycle is left', async () => {
    await reviewed({}, { maxCycles: 1 });
    await cycle.step({ step: 'awaitRecovery' });
    later(30 * minuteMs);
    expect((await look())?.seen).toMatchObject({
      state: 'MISSING',
      reason: 'CloudWatch has no alarm "ShopErrors"',
    });
    await cycle.step({ step: 'close' });
    expect(cycle.deps.runs.runs.rows.get(cycle.run)).toMatchObject({
      status: 'FAILED',
      outcome: 'NotRecovered',
    });
  });

  it('does not take an alarm that cannot be looked at as over, and looks again', async () => {
    is('OK');
    await look();
    later(5 * minuteMs);
    alarms.nextFault = new Error('throttled');
    expect(await look()).toMatchObject({ status: 'WATCHING', seen: { state: 'UNKNOWN' } });
    expect((await look())?.seen?.state).toBe('OK');
  });

  it('looks once a minute, and in time for the end of the steady time', async () => {
    is('ALARM');
    const atMs = cycle.deps.clock.nowMs();
    expect((await look())?.lookAtMs).toBe(atMs + minuteMs);
    is('OK', atMs - 10);
    later(4.5 * minuteMs);
    expect((await look())?.lookAtMs).toBe(atMs + 5 * minuteMs);
  });

  it('does not let a look that was slow overrule a later one', async () => {
    const { deps } = cycle;
    is('OK');
    await look();
    later(5 * minuteMs);
    const late = new MemoryAlarms();
    late.states.set('ShopErrors', { state: 'OK', reason: 'as it was' });
    const { read } = late;
    late.read = async (alarm) => {
      const seen = await read.call(late, alarm);
      is('ALARM');
      later(1);
      await look();
      return seen;
    };
    expect(await lookAtRecovery({ ...deps, alarms: late }, id)).toMatchObject({
      status: 'WATCHING',
      seen: { state: 'ALARM' },
    });
  });

  it('goes on with the same row and tells both tokens when its step comes again', async () => {
    await cycle.step({ step: 'awaitRecovery', token: 'second' });
    is('OK');
    await look();
    later(5 * minuteMs);
    await look();
    expect([told(), told('second')]).toEqual([1, 1]);
    await cycle.step({ step: 'awaitRecovery', token: 'third' });
    expect(told('third')).toBe(1);
  });

  it('tells the state later where Step Functions was not there', async () => {
    const { deps } = cycle;
    is('OK');
    await look();
    later(5 * minuteMs);
    deps.workflow.nextFault = new Error('not there');
    expect(Object.keys((await look())?.outbox ?? {})).toEqual(['token']);
    later(minuteMs);
    expect(await deps.runs.due(deps.clock.nowMs(), 10)).toContainEqual({ kind: 'recovery', id });
    expect(await look()).toMatchObject({ status: 'RECOVERED', outbox: {} });
    expect(told()).toBe(1);
  });

  it('is let go when its run is stopped', async () => {
    await stopRun(cycle.deps, ana, cycle.run);
    expect(cycle.deps.runs.recoveries.rows.get(id)).toMatchObject({ status: 'CANCELLED', outbox: {} });
    expect(told()).toBe(1);
    expect(await cycle.step({ step: 'close' })).toMatchObject({ end: 'StoppedByPerson' });
  });

  it('is TimedOut where the machine broke off before anybody knew', async () => {
    expect(await cycle.step({ step: 'close' })).toMatchObject({ end: 'TimedOut' });
    expect(cycle.deps.runs.recoveries.rows.get(id)?.status).toBe('CANCELLED');
  });

  it('shows in the run what it waits for, and tells in its events what was seen', async () => {
    is('ALARM');
    await look();
    const { deps, run } = cycle;
    const { run: row, cycles } = await readRunWithCycles(deps, ana, run);
    const view = toRunView(row, cycles, { consoleOf: () => undefined });
    expect(view).toMatchObject({ status: 'RUNNING', recovery: wanted });
    expect(view.cycles[0]?.recovery).toMatchObject({
      ...{ alarm: 'ShopErrors', status: 'WATCHING', state: 'ALARM', reason: '5xx is ALARM' },
      until: new Date(deps.clock.nowMs() + 30 * minuteMs).toISOString(),
    });
    await look();
    const said = deps.runs.said.get(run)?.filter(({ type }) => type === 'recovery');
    expect(said?.map(({ message }) => message)).toEqual([
      'Watches the alarm ShopErrors: it has to be OK for 5 min, within 30 min',
      'The alarm ShopErrors is ALARM: 5xx is ALARM',
    ]);
  });
});

describe('a cycle that does not wait [C5]', () => {
  it('has actions that failed: there is nothing to wait for', async () => {
    expect(await reviewed({}, {}, 'not_met')).toMatchObject({ next: 'close', recovery: 'none' });
    await cycle.step({ step: 'awaitRecovery' });
    expect(told()).toBe(1);
    expect(cycle.deps.runs.recoveries.rows.size).toBe(0);
    expect(await cycle.step({ step: 'close' })).toMatchObject({ end: 'ActionsFailed' });
  });

  it('was not released: the alarm is looked at only after the yes', async () => {
    expect(await reviewed({ '/approvals/release': true })).toMatchObject({
      next: 'approve',
      recovery: 'watch',
    });
    await cycle.step({ step: 'askReleaseApproval' });
    await cycle.step({ step: 'awaitRecovery' });
    expect(cycle.deps.runs.recoveries.rows.size).toBe(0);
    expect(told()).toBe(1);
  });

  it('belongs to a run that names no alarm', async () => {
    expect(await reviewed({}, { recovery: undefined })).toMatchObject({ next: 'close', recovery: 'none' });
    expect(await cycle.step({ step: 'close' })).toMatchObject({ end: 'Done' });
  });
});

describe('which alarm a run has to see over [C5]', () => {
  const workflow = {
    ...{ id: 'mend', title: 'Mend', objective: 'Mend {{what}}.', constraints: [] },
    recovery: { alarm: '{{alarm}}', withinMinutes: 20, steadyMinutes: 2 },
  };

  it('comes from its workflow, with the value that its starter gives', async () => {
    const values = { what: 'the shop', alarm: 'ShopErrors' };
    await reviewed(
      { '/workflows': [workflow] },
      {
        objective: undefined,
        recovery: undefined,
        workflow: { id: 'mend', values },
      },
    );
    expect(cycle.deps.runs.runs.rows.get(cycle.run)?.recovery).toEqual({
      ...{ alarm: 'ShopErrors', withinMinutes: 20, steadyMinutes: 2 },
    });
  });

  it('is wanted of the starter where only the alarm has the placeholder', async () => {
    const start = makeMemoryCycle(
      { '/workflows': [workflow] },
      { objective: undefined, workflow: { id: 'mend', values: { what: 'it' } } },
    );
    await expect(start).rejects.toThrow('alarm: the workflow mend needs a value for it');
  });

  it.each([
    [{ ...wanted, steadyMinutes: 31 }, 'must be at most withinMinutes'],
    [{ ...wanted, withinMinutes: 1_441 }, '1440'],
    [{ ...wanted, alarm: '' }, 'alarm'],
    [{ ...wanted, every: 1 }, 'every'],
  ])('is refused where it makes no sense: %j', async (recovery, says) => {
    await expect(makeMemoryCycle({}, { recovery })).rejects.toMatchObject({
      code: 'invalid_request',
      faults: [expect.objectContaining({ path: expect.stringContaining('recovery') })],
      message: expect.stringContaining(says),
    });
  });
});
