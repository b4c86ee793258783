import { beforeEach, describe, expect, it } from '@jest/globals';
import type { GateRow } from '#contracts/gate.ts';
import type { RunRow } from '#contracts/run-row.ts';
import type { DueRunItem } from '#core/ports/run-store.ts';
import { ensureGate } from '#core/runs/gates.ts';
import { reconcileGate, reconcileRun, reconcileRuns } from '#core/runs/reconcile-run.ts';
import type { RunDeps } from '#core/runs/run-deps.ts';
import { stopRun } from '#core/runs/stop-run.ts';
import { makeClosedCycle, runId } from '../../fakes/closed-cycle.ts';
import { everyone } from '../../fakes/job-steps.ts';
import { type MemoryDeps, makeMemoryDeps } from '../../fakes/memory-deps.ts';
import { memoryRows } from '../../fakes/memory-run-rows.ts';

const callbackUrl = 'https://hooks.example.com/muster';

let deps: MemoryDeps;
let runs: ReturnType<typeof memoryRows<RunRow, string>>;
let runDeps: RunDeps;
let sent: (readonly string[])[];
let due: DueRunItem[];
let run: RunRow;

beforeEach(async () => {
  deps = makeMemoryDeps();
  sent = [];
  due = [];
  const { place } = await makeClosedCycle();
  run = { ...place.run, status: 'RUNNING', callbackUrl, waitsFor: [], project: 'shop' };
  for (const field of ['endedAtMs', 'checkAtMs', 'executionArn', 'outcome', 'error'] as const)
    delete run[field];
  run.outbox = { start: { kind: 'start', cycle: 2, notBeforeMs: deps.clock.nowMs() + 3_600_000 } };
  runs = memoryRows<RunRow, string>(
    ({ id }) => id,
    (id) => id,
  );
  runs.all.set(runId, run);
  const gates = memoryRows<GateRow, string>(
    ({ id }) => id,
    (id) => id,
  );
  const cycles = { get: async () => undefined, ofRun: async () => [] };
  const store = { runs, cycles, gates, events: { say: async () => undefined }, due: async () => due };
  const courier = { send: async (ids: readonly string[]) => void sent.push(ids) };
  runDeps = { ...deps, courier, runs: store } as unknown as RunDeps;
});

function webhooks() {
  return [...deps.webhooks.webhooks.all.values()];
}

const wanted = () => ({
  id: `${runId}-c1-plan`,
  run,
  cycle: 1,
  kind: 'plan' as const,
  title: 'Carry out 3 actions',
  summary: 'Three actions.',
  digest: 'ab'.repeat(32),
  token: 'a token that nobody may see',
});

describe('a run with a callback address', () => {
  it('tells once that it has ended [A9]', async () => {
    await stopRun(runDeps, everyone, runId);
    await reconcileRun(runDeps, runId);
    const [webhook, ...others] = webhooks();
    expect(others).toEqual([]);
    expect(webhook).toMatchObject({ event: 'run.ended', subject: runId, url: callbackUrl, project: 'shop' });
    expect(JSON.parse(webhook?.body ?? '').data).toMatchObject({
      id: runId,
      status: 'STOPPED',
      outcome: 'StoppedByPerson',
    });
    expect(runs.all.get(runId)?.outbox).toEqual({});
    expect(sent).toEqual([[webhook?.id]]);
  });

  it('tells once that somebody has to decide, without the token [A9] [D4]', async () => {
    await ensureGate(runDeps, wanted());
    await ensureGate(runDeps, wanted());
    await reconcileGate(runDeps, wanted().id);
    const [webhook, ...others] = webhooks();
    expect(others).toEqual([]);
    expect(webhook).toMatchObject({ event: 'approval.waiting', subject: wanted().id, project: 'shop' });
    expect(JSON.parse(webhook?.body ?? '').data).toMatchObject({
      run: runId,
      kind: 'plan',
      title: wanted().title,
    });
    expect(webhook?.body).not.toContain('token');
  });

  it('tells nobody where it has none', async () => {
    delete run.callbackUrl;
    await ensureGate(runDeps, wanted());
    await stopRun(runDeps, everyone, runId);
    expect(webhooks()).toEqual([]);
  });
});

describe('the reconciler', () => {
  it('hands on what is due, ten at a time [A9]', async () => {
    due = Array.from({ length: 23 }, (_, index) => ({ kind: 'webhook', id: `wh-${index}` }));
    await reconcileRuns(runDeps);
    expect(sent.map((ids) => ids.length)).toEqual([10, 10, 3]);
  });
});
