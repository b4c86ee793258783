import { describe, expect, it } from '@jest/globals';
import { decideGate } from '#core/runs/decide-gate.ts';
import { reconcileGate } from '#core/runs/reconcile-run.ts';
import { ana, ben, type MemoryCycle, makeMemoryCycle, planCycle } from '../../fakes/memory-cycle.ts';

async function makeGate(approvals: Record<string, unknown> = {}) {
  const cycle = await makeMemoryCycle({ '/approvals': { plan: true, expiresHours: 1, ...approvals } });
  await planCycle(cycle);
  await cycle.step({ step: 'askPlanApproval' });
  const id = `${cycle.run}-c1-plan`;
  const digest = gateOf(cycle, id).digest;
  return { ...cycle, id, yes: { decision: 'approve', digest }, no: { decision: 'reject', digest } };
}

function gateOf({ deps }: Pick<MemoryCycle, 'deps'>, id: string) {
  const gate = deps.runs.gates.rows.get(id);
  if (!gate) throw new Error(`there is no gate ${id}`);
  return gate;
}

const token = 'token-askPlanApproval';

describe('deciding an approval', () => {
  it('says so in the row, tells the state that waits, and no longer shows the run as waiting', async () => {
    const { deps, id, run, yes } = await makeGate();
    expect(deps.runs.runs.rows.get(run)?.waitsFor).toEqual([id]);
    const gate = await decideGate(deps, ben, id, yes);
    expect(gate).toMatchObject({ status: 'APPROVED', decidedBy: ben.arn, outbox: {} });
    expect(deps.workflow.told).toContainEqual({ token, output: { approval: id, status: 'APPROVED' } });
    expect(deps.runs.runs.rows.get(run)?.waitsFor).toEqual([]);
  });

  it('answers the same decision of the same person again, and tells nobody twice', async () => {
    const { deps, id, yes } = await makeGate();
    const first = await decideGate(deps, ben, id, yes);
    const told = deps.workflow.told.length;
    expect(await decideGate(deps, ben, id, yes)).toEqual(first);
    expect(deps.workflow.told).toHaveLength(told);
  });

  it.each([
    ['another decision', ben, 'no'],
    ['the decision of another person', ana, 'yes'],
  ] as const)('refuses %s once it is decided', async (_, person, which) => {
    const { deps, id, yes, no } = await makeGate();
    await decideGate(deps, ben, id, yes);
    const again = decideGate(deps, person, id, which === 'yes' ? yes : no);
    await expect(again).rejects.toMatchObject({ code: 'approval_decided' });
    expect(deps.runs.gates.rows.get(id)).toMatchObject({ status: 'APPROVED', decidedBy: ben.arn });
  });

  it('refuses a decision about another digest, and decides nothing', async () => {
    const { deps, id, yes } = await makeGate();
    const decided = decideGate(deps, ben, id, { ...yes, digest: 'f'.repeat(64) });
    await expect(decided).rejects.toMatchObject({ code: 'digest_mismatch' });
    expect(deps.runs.gates.rows.get(id)?.status).toBe('PENDING');
  });

  it('refuses a decision at the moment of its expiry, which then counts as no', async () => {
    const { deps, id, yes } = await makeGate();
    deps.clock.advanceSeconds(3_600);
    await expect(decideGate(deps, ben, id, yes)).rejects.toMatchObject({ code: 'approval_decided' });
    expect(deps.runs.gates.rows.get(id)).toMatchObject({ status: 'EXPIRED' });
    expect(deps.workflow.told).toContainEqual({ token, output: { approval: id, status: 'EXPIRED' } });
  });

  it('refuses a decision whose time runs out while it is being made', async () => {
    const { deps, id, yes } = await makeGate();
    const { get } = deps.runs.gates;
    let reads = 0;
    deps.runs.gates.get = (key) => {
      reads += 1;
      if (reads === 2) deps.clock.advanceSeconds(3_600);
      return get.call(deps.runs.gates, key);
    };
    await expect(decideGate(deps, ben, id, yes)).rejects.toMatchObject({ code: 'approval_decided' });
    expect(deps.runs.gates.rows.get(id)).toMatchObject({ status: 'EXPIRED' });
  });

  it.each([
    ['who is no approver', { ...ben, approver: false }, {}, 'forbidden'],
    ['who may not touch the project', { ...ben, projects: ['beta'] }, {}, 'not_found'],
    ['who started the run, where its team wants somebody else', ana, { own: false }, 'forbidden'],
  ])('refuses a person %s', async (_, person, approvals, code) => {
    const { deps, id, yes } = await makeGate(approvals);
    await expect(decideGate(deps, person, id, yes)).rejects.toMatchObject({ code });
    expect(deps.runs.gates.rows.get(id)?.status).toBe('PENDING');
  });

  it('lets who started the run decide, where its team allows that', async () => {
    const { deps, id, yes } = await makeGate();
    expect(await decideGate(deps, ana, id, yes)).toMatchObject({ status: 'APPROVED' });
  });

  it('refuses the result of a task for a plan', async () => {
    const { deps, id, yes } = await makeGate();
    const decided = decideGate(deps, ben, id, { ...yes, result: 'Done.' });
    await expect(decided).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it('tells the state, and takes back the waiting, where whoever decided did not come that far', async () => {
    const { deps, id, run, yes } = await makeGate();
    deps.workflow.nextFault = new Error('no answer');
    await decideGate(deps, ben, id, yes);
    expect(Object.keys(gateOf({ deps }, id).outbox)).toEqual(['token']);
    deps.runs.runs.write({ ...runOf(deps, run), waitsFor: [id] });
    await reconcileGate(deps, id);
    expect(gateOf({ deps }, id).outbox).toEqual({});
    expect(runOf(deps, run).waitsFor).toEqual([]);
  });

  it('tells every token that its state has brought, whichever came last', async () => {
    const { deps, id, step, yes } = await makeGate();
    await step({ step: 'askPlanApproval', token: 'second' });
    await step({ step: 'askPlanApproval', token });
    await decideGate(deps, ben, id, yes);
    expect(deps.workflow.told.map((each) => each.token)).toEqual(expect.arrayContaining([token, 'second']));
  });
});

function runOf({ runs }: MemoryCycle['deps'], id: string) {
  const run = runs.runs.rows.get(id);
  if (!run) throw new Error(`there is no run ${id}`);
  return run;
}
