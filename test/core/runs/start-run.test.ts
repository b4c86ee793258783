import { describe, expect, it } from '@jest/globals';
import { startRun } from '#core/runs/start-run.ts';
import { documentWith } from '../../fakes/a-team.ts';
import { ana, ben, startOptions } from '../../fakes/memory-cycle.ts';
import { makeMemoryRunDeps } from '../../fakes/memory-run-deps.ts';

const body = { team: 'small', objective: 'Mend the sum.', project: 'alpha' };

async function makeDeps() {
  const deps = makeMemoryRunDeps();
  await deps.teams.put(documentWith());
  return deps;
}

describe('starting a run', () => {
  it('keeps the run and starts the execution of its first cycle', async () => {
    const deps = await makeDeps();
    const { run, replayed } = await startRun(deps, ana, body, startOptions('one'));
    expect(replayed).toBe(false);
    expect(run).toMatchObject({ status: 'RUNNING', cycle: 1, outbox: {}, project: 'alpha' });
    expect(deps.workflow.started).toEqual([
      { name: `small-mend-the-sum-${run.id}-c1`, input: { run: run.id, cycle: 1 } },
    ]);
  });

  it('answers the same request under the same key with the same run', async () => {
    const deps = await makeDeps();
    const first = await startRun(deps, ana, body, startOptions('one'));
    const second = await startRun(deps, ana, body, startOptions('one'));
    expect(second).toMatchObject({ replayed: true, run: { id: first.run.id } });
    expect(deps.runs.runs.rows.size).toBe(1);
    expect(deps.workflow.started).toHaveLength(1);
  });

  it('refuses another request under the same key', async () => {
    const deps = await makeDeps();
    await startRun(deps, ana, body, startOptions('one'));
    const other = startRun(deps, ana, { ...body, objective: 'Break it.' }, startOptions('one'));
    await expect(other).rejects.toMatchObject({ code: 'idempotency_key_reused' });
  });

  it('makes one run of the same key for each caller', async () => {
    const deps = await makeDeps();
    await startRun(deps, ana, body, startOptions('one'));
    await startRun(deps, ben, body, startOptions('one'));
    expect(deps.runs.runs.rows.size).toBe(2);
  });

  it('keeps a run whose execution could not be started, to start it later', async () => {
    const deps = await makeDeps();
    deps.workflow.nextFault = new Error('no answer');
    const { run } = await startRun(deps, ana, body, startOptions('one'));
    expect(run.outbox).toEqual({ start: { kind: 'start', cycle: 1 } });
    expect(run.executionArn).toBeUndefined();
  });

  it.each([
    ['an unknown team', { team: 'nobody' }, 'not_found'],
    ['no objective', { objective: undefined }, 'invalid_request'],
    ['an objective beside a workflow', { workflow: { id: 'ship' } }, 'invalid_request'],
    ['an unknown field', { colour: 'red' }, 'invalid_request'],
    ['files that were not uploaded', { workspace: { sha256: 'a'.repeat(64), bytes: 1 } }, 'invalid_request'],
    ['a linked run that does not exist', { learnsFrom: ['run-0123456789abcdef'] }, 'not_found'],
    ['no cycle', { maxCycles: 0 }, 'invalid_request'],
    ['a window beyond the cadence', { cadence: { everySeconds: 60, windowSeconds: 90 } }, 'invalid_request'],
    [
      'a cadence outside of its bounds',
      { cadence: { everySeconds: 60, adapt: { fromSeconds: 90, toSeconds: 120 } } },
      'invalid_request',
    ],
  ])('refuses %s, and keeps nothing', async (_, change, code) => {
    const deps = await makeDeps();
    const started = startRun(deps, ana, { ...body, ...change }, startOptions('one'));
    await expect(started).rejects.toMatchObject({ code });
    expect(deps.runs.runs.rows.size).toBe(0);
    expect(deps.workflow.started).toEqual([]);
  });

  it('hides a project from those who may not touch it', async () => {
    const deps = await makeDeps();
    const started = startRun(deps, ben, { ...body, project: 'beta' }, startOptions());
    await expect(started).rejects.toMatchObject({ code: 'not_found' });
  });

  it('lets a run ask for more approvals than its team, never for fewer', async () => {
    const deps = await makeDeps();
    const { run } = await startRun(
      deps,
      ana,
      { ...body, approvals: { plan: true, kinds: ['docs'] } },
      startOptions(),
    );
    expect(run.approvals).toMatchObject({ plan: true, release: false, kinds: ['go_live', 'docs'] });
    const fewer = startRun(deps, ana, { ...body, approvals: { plan: false } }, startOptions());
    await expect(fewer).rejects.toMatchObject({ code: 'invalid_request' });
  });
});
