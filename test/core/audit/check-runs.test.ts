import { describe, expect, it } from '@jest/globals';
import type { AuditSnapshot } from '#core/audit/audit-snapshot.ts';
import { checkRuns } from '#core/audit/check-runs.ts';
import { closeCycle } from '#core/runs/close-cycle.ts';
import { decideGate } from '#core/runs/decide-gate.ts';
import { ana, aResult, aReview, ben, makeMemoryCycle, planCycle } from '../../fakes/memory-cycle.ts';

type Records = NonNullable<AuditSnapshot['runs']>;

/** A run of two actions, the second after the first, whose plan was approved; all is over. */
async function makeRecords() {
  const cycle = await makeMemoryCycle({ '/approvals': { plan: true } }, { maxCycles: 1 });
  const { deps, run, step, finish } = cycle;
  await planCycle(cycle, [{}, { dependsOn: [1] }]);
  await step({ step: 'askPlanApproval' });
  const digest = deps.runs.gates.rows.get(`${run}-c1-plan`)?.digest;
  await decideGate(deps, ben, `${run}-c1-plan`, { decision: 'approve', digest });
  for (const action of [1, 2]) {
    const at = { action, revision: 0 };
    await step({ step: 'execute', ...at });
    await finish(`${run}-c1-a${action}-r0-do`, aResult());
    await step({ step: 'check', ...at });
    await finish(`${run}-c1-a${action}-r0-check`, aReview('met'));
    await step({ step: 'judge', ...at });
  }
  await closeCycle(deps, { run, cycle: 1 });
  const records: Records = {
    runs: [...deps.runs.runs.rows.values()],
    cycles: [...deps.runs.cycles.rows.values()],
    gates: [...deps.runs.gates.rows.values()],
    reports: new Set([...deps.objects.stored.keys()].filter((key) => key.endsWith('report.html'))),
  };
  const snapshot = {
    nowMs: deps.clock.nowMs(),
    rows: [...deps.store.rows.values()],
  } as unknown as AuditSnapshot;
  return { records, snapshot };
}

function only<T>([first]: readonly T[]): T {
  if (first === undefined) throw new Error('there is none');
  return first;
}

async function check(change: (records: Records) => Partial<Records>): Promise<string[]> {
  const { records, snapshot } = await makeRecords();
  const runs = { ...records, ...change(records) };
  return checkRuns({ ...snapshot, runs }, { isSettled: true }).map(
    ({ invariant, message }) => `${invariant}: ${message}`,
  );
}

const aRun = (extra: object) => (records: Records) => ({ runs: [{ ...only(records.runs), ...extra }] });
const aCycle = (extra: object) => (records: Records) => ({ cycles: [{ ...only(records.cycles), ...extra }] });
const aGate = (extra: object) => (records: Records) => ({ gates: [{ ...only(records.gates), ...extra }] });
const firstAction = (extra: object) => (records: Records) => {
  const [first, ...others] = only(records.cycles).actions;
  return aCycle({ actions: [{ ...first, ...extra }, ...others] })(records);
};

describe('the audit of runs', () => {
  it('finds nothing in a run that went as it should', async () => {
    expect(await check(() => ({}))).toEqual([]);
    expect((await makeRecords()).records.runs[0]?.callerArn).toBe(ana.arn);
  });

  it.each([
    [
      'a run that is over and has no end',
      aRun({ endedAtMs: undefined }),
      'run ending: is SUCCEEDED and ended',
    ],
    ['a run that goes on', aRun({ status: 'RUNNING', endedAtMs: undefined }), 'liveness: is still RUNNING'],
    [
      'a stop that nobody hears of',
      aRun({ status: 'STOPPING', cycle: 2 }),
      'run ending: is STOPPING, and its jobs',
    ],
    ['a start that was not delivered', aRun({ outbox: { start: {} } }), 'outbox: has not delivered start'],
    ['a run that cost something else', aRun({ costMicroUsd: 7 }), 'run money: cost 7, and its cycles 0'],
    ['a cycle without an end', aCycle({ end: undefined }), 'cycle: went on, and cycle 1 has not ended'],
    ['a cycle dearer than its jobs', aCycle({ costMicroUsd: 9 }), 'run money: cost 0, and its cycles 9'],
    ['a cycle that is missing', aCycle({ cycle: 2 }), 'cycle: has the cycles 2'],
    [
      'a report that is missing',
      () => ({ reports: new Set<string>() }),
      'cycle: ended Done without a report',
    ],
    [
      'an action that never ended',
      firstAction({ status: 'EXECUTING', endedAtMs: undefined }),
      'action: is EXECUTING',
    ],
    [
      'an action that was begun too early',
      firstAction({ status: 'FAILED' }),
      'dependents: was begun, and action 1',
    ],
    ['a plan that nobody approved', aGate({ status: 'REJECTED' }), 'approval: was begun, and'],
    ['another plan than the approved one', aGate({ digest: 'f'.repeat(64) }), 'approval: was begun, and'],
    ['a decision after the expiry', aGate({ expiresAtMs: 0 }), 'approval: was APPROVED after its expiry'],
    [
      'an approval that waits for ever',
      aGate({ status: 'PENDING', decidedAtMs: undefined }),
      'approval: still waits',
    ],
    ['a token that was not told', aGate({ outbox: { token: {} } }), 'outbox: has not delivered token'],
  ])('finds %s', async (_, change, message) => {
    expect(await check(change as (records: Records) => Partial<Records>)).toContainEqual(
      expect.stringContaining(message),
    );
  });

  it('finds a job that its cycle does not know, and an action whose job ran twice', async () => {
    const found = await check((records) => {
      const { jobs } = only(only(records.cycles).actions as never[]) as { jobs: string[] };
      return firstAction({ jobs: [...jobs, ...jobs].slice(0, 3).filter((id) => id.endsWith('-do')) })(
        records,
      );
    });
    expect(found).toContainEqual(expect.stringContaining('action: was worked on by'));
    expect(found).toContainEqual(expect.stringContaining('cycle: is a job that its cycle does not know'));
  });
});
