import { beforeEach, describe, expect, it } from '@jest/globals';
import type { RunRow } from '#contracts/run-row.ts';
import { dispatch } from '#core/dispatch/dispatch.ts';
import { resumeAll, stopAll } from '#core/operations/stop-all.ts';
import { ensureJob } from '#core/runs/ensure-job.ts';
import { reconcileRun } from '#core/runs/reconcile-run.ts';
import type { RunDeps } from '#core/runs/run-deps.ts';
import { makeClosedCycle, runId } from '../../fakes/closed-cycle.ts';
import { everyone } from '../../fakes/job-steps.ts';
import { type MemoryDeps, makeMemoryDeps } from '../../fakes/memory-deps.ts';
import { memoryRows } from '../../fakes/memory-run-rows.ts';

let deps: MemoryDeps;
let run: RunRow;
let runDeps: RunDeps;
let started: string[];

beforeEach(async () => {
  deps = makeMemoryDeps();
  started = [];
  const { place } = await makeClosedCycle();
  run = { ...place.run, status: 'RUNNING', endedAtMs: undefined, checkAtMs: undefined, waitsFor: [] };
  run.outbox = { start: { kind: 'start', cycle: 2 } };
  const runs = memoryRows<RunRow, string>(
    ({ id }) => id,
    (id) => id,
  );
  runs.all.set(runId, run);
  const workflow = {
    start: async (name: string) => {
      started.push(name);
      return { executionArn: `arn:${name}` };
    },
  };
  runDeps = { ...deps, runs: { runs }, workflow } as unknown as RunDeps;
});

describe('while everything is stopped', () => {
  it('no cycle of a run begins, and after the resume it does, once [A8]', async () => {
    await stopAll(deps, everyone);
    expect((await reconcileRun(runDeps, runId))?.outbox).toHaveProperty('start');
    expect(started).toEqual([]);
    await resumeAll(deps, everyone);
    expect((await reconcileRun(runDeps, runId))?.outbox).toEqual({});
    await reconcileRun(runDeps, runId);
    expect(started).toEqual([run.executionName]);
  });

  it('what a step of a run asks for is kept, waits, and is started after the resume [A8]', async () => {
    await stopAll(deps, everyone);
    const job = await ensureJob(runDeps, {
      id: `${runId}-c1-a1-r0-do`,
      run,
      place: { cycle: 1, agent: 'coder' },
      input: { type: 'chat', payload: { prompt: 'hi' } } as never,
      token: 'token',
      request: {},
    });
    expect(job.status).toBe('QUEUED');
    expect(await dispatch(deps, { v: 1 })).toBe('stopped');
    await resumeAll(deps, everyone);
    expect(await dispatch(deps, { v: 1 })).toBe('launched');
  });
});
