import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Context } from 'aws-lambda';
import type { CycleRow } from '#contracts/cycle-row.ts';
import { AppError } from '#contracts/errors.ts';
import type { GateRow } from '#contracts/gate.ts';
import { type MetricName, metricNamespace, metricService } from '#contracts/metric-names.ts';
import type { RunRow } from '#contracts/run-row.ts';
import { dispatch } from '#core/dispatch/dispatch.ts';
import type { CycleKey } from '#core/ports/run-store.ts';
import { reconcile } from '#core/reconcile/reconcile.ts';
import { reconcileJob } from '#core/reconcile/reconcile-job.ts';
import { reconcileGate, reconcileRun } from '#core/runs/reconcile-run.ts';
import type { RunDeps } from '#core/runs/run-deps.ts';
import { createSchedule } from '#core/schedules/create-schedule.ts';
import { fireSchedule } from '#core/schedules/fire-schedule.ts';
import { turn } from '#core/worker/turn.ts';
import { makeApiRouter } from '../../lib/adapters/http/api-router.ts';
import type { Telemetry } from '../../lib/adapters/telemetry.ts';
import { judge } from '../../lib/local/alarms.ts';
import { MetricStore } from '../../lib/local/metric-store.ts';
import { toEndLine } from '../../lib/local/step-functions/describe-execution.ts';
import { makeClosedCycle, runId } from '../fakes/closed-cycle.ts';
import { makeRow, makeRunning, startMs } from '../fakes/job-rows.ts';
import { chatBody, dies, echoBody, everyone, startNext, submit } from '../fakes/job-steps.ts';
import { type MemoryDeps, makeMemoryDeps } from '../fakes/memory-deps.ts';
import { memoryRows } from '../fakes/memory-run-rows.ts';
import { makeMemoryScheduleDeps } from '../fakes/memory-schedules.ts';
import { reserveOf, settleOf } from '../fakes/model-turns.ts';
import { prodSettings, propertiesOf, synthesize } from '../stacks/synthesize.ts';
import { httpEvent } from './end-to-end/http-event.ts';

const template = synthesize({ ...prodSettings, projectMonthBudgetUsd: 0.01 });
const long = 86_400_000;
let deps: MemoryDeps;
let store: MetricStore;

/** The core, whose metrics go into the local CloudWatch's store in the form in which functions write them. */
beforeEach(() => {
  store = new MetricStore();
  deps = makeMemoryDeps({ settings: { maxConcurrentWorkers: 10 } });
  deps.metrics.count = emit;
});

function emit(name: MetricName, value = 1): void {
  const CloudWatchMetrics = [
    { Namespace: metricNamespace, Dimensions: [['service']], Metrics: [{ Name: name }] },
  ];
  const _aws = { Timestamp: deps.clock.nowMs(), CloudWatchMetrics };
  store.ingest(JSON.stringify({ _aws, service: metricService, [name]: value }));
}

/** What the alarm of the synthesized template says now, had it been there for a day. */
function stateOf(id: string, more: Record<string, unknown> = {}): string {
  const properties = { ...propertiesOf(template, 'AWS::CloudWatch::Alarm', `Monitoring${id}`), ...more };
  const nowMs = deps.clock.nowMs();
  return judge({ name: id, arn: id, properties, createdAtMs: nowMs - long }, store, nowMs).state;
}

/** Everything of a run that its reconciler asks for. */
async function runDeps(): Promise<RunDeps & { rows: Rows }> {
  const { place, deps: closed } = await makeClosedCycle();
  const gate = await closed.runs.gates.get(`${runId}-c1-a3-r0-task`);
  if (!gate) throw new Error('no gate');
  const rows = {
    runs: memoryRows<RunRow, string>(
      ({ id }) => id,
      (id) => id,
    ),
    cycles: memoryRows<CycleRow, CycleKey>(
      ({ run, cycle }) => `${run} ${cycle}`,
      ({ run, cycle }) => `${run} ${cycle}`,
    ),
    gates: memoryRows<GateRow, string>(
      ({ id }) => id,
      (id) => id,
    ),
  };
  const nowMs = deps.clock.nowMs();
  const open: Partial<RunRow> = { status: 'RUNNING', waitsFor: [], outbox: {}, checkAtMs: nowMs };
  rows.runs.all.set(runId, { ...place.run, ...open, endedAtMs: undefined, executionArn: 'arn:x' });
  rows.cycles.all.set(`${runId} 1`, {
    ...place.cycle,
    end: undefined,
    endedAtMs: undefined,
    updatedAtMs: nowMs,
  });
  rows.gates.all.set(gate.id, { ...gate, status: 'PENDING', createdAtMs: nowMs, expiresAtMs: nowMs + long });
  const workflow = { describe: async () => ({ kind: 'running' as const }) };
  return { ...deps, rows, runs: { ...rows, events: { say: async () => {} } }, workflow } as never;
}
type Rows = {
  runs: { all: Map<string, RunRow> };
  cycles: { all: Map<string, CycleRow> };
  gates: { all: Map<string, GateRow> };
};

function changeCycle(rows: Rows, changes: Partial<CycleRow>): void {
  const [key, row] = [...rows.cycles.all][0] ?? [];
  if (key !== undefined && row) rows.cycles.all.set(key, { ...row, ...changes });
}

describe('the alarm', () => {
  it('ReconcilerSilent rings when no pass has finished for five minutes, and no longer [A10]', async () => {
    expect(stateOf('ReconcilerSilent')).toBe('ALARM');
    await reconcile(deps);
    expect(stateOf('ReconcilerSilent')).toBe('OK');
    deps.clock.advanceSeconds(301);
    expect(stateOf('ReconcilerSilent')).toBe('ALARM');
  });

  it('StartFailures rings when three workers could not be started [A10]', async () => {
    for (let n = 0; n < 3; n++) {
      expect(stateOf('StartFailures')).toBe('OK');
      await submit(deps);
      deps.launcher.nextOutcome = { kind: 'rejected', later: false, reason: 'no such cluster' };
      await dispatch(deps, { v: 1 });
    }
    expect(stateOf('StartFailures')).toBe('ALARM');
  });

  it('WorkersDying rings when three workers have died [A10]', async () => {
    for (let n = 0; n < 3; n++) {
      expect(stateOf('WorkersDying')).toBe('OK');
      await submit(deps);
      const worker = await startNext(deps);
      dies(deps, worker);
      await reconcileJob(deps, worker.id, { attempt: worker.attempt, taskArn: worker.taskArn });
      await deps.store.replace({
        ...(await mustGet(worker.id)),
        version: (await mustGet(worker.id)).version + 1,
        notBeforeMs: startMs + long,
      });
    }
    expect(stateOf('WorkersDying')).toBe('ALARM');
  });

  it('JobsFailing rings when five jobs have used up their attempts [A10]', async () => {
    for (let n = 0; n < 5; n++) {
      expect(stateOf('JobsFailing')).toBe('OK');
      await submit(deps, { ...echoBody, maxAttempts: 1 });
      const worker = await startNext(deps);
      dies(deps, worker);
      await reconcileJob(deps, worker.id, { attempt: worker.attempt, taskArn: worker.taskArn });
    }
    expect(stateOf('JobsFailing')).toBe('ALARM');
  });

  it('QueueStuck rings when a job has waited for half an hour at three looks [A10]', async () => {
    await deps.store.create(makeRow());
    deps.clock.advanceSeconds(1_800);
    for (let look = 0; look < 3; look++) {
      expect(stateOf('QueueStuck')).toBe('OK');
      deps.clock.advanceSeconds(300);
      await reconcile(deps);
    }
    expect(stateOf('QueueStuck')).toBe('ALARM');
  });

  it('SpendingFast rings when models have cost a tenth of the month within an hour [D6]', async () => {
    await submit(deps, chatBody);
    const { session } = await startNext(deps);
    await turn(deps, { ...session, reserve: reserveOf(1) });
    await turn(deps, { ...session, settle: settleOf(1), reserve: reserveOf(2) });
    expect(stateOf('SpendingFast')).toBe('OK');
    await turn(deps, { ...session, settle: settleOf(2) });
    expect(stateOf('SpendingFast')).toBe('ALARM');
  });

  it('CallsDenied rings when twenty calls were refused [A10]', async () => {
    const telemetry = { metrics: deps.metrics, log: deps.log, logger: undefined, flush() {} };
    const places = { only: { method: 'GET', path: '/jobs' } } as never;
    const refuse = async () => {
      throw new AppError('forbidden', 'not yours');
    };
    const route = makeApiRouter(places, { only: refuse } as never, {
      telemetry: telemetry as unknown as Telemetry,
      hex: () => '00',
    });
    const event = httpEvent({ method: 'GET', path: '/jobs' }) as never;
    for (let call = 0; call < 19; call++) await route(event, {} as Context);
    expect(stateOf('CallsDenied')).toBe('OK');
    await route(event, {} as Context);
    expect(stateOf('CallsDenied')).toBe('ALARM');
  });

  it('ExecutionsFailed rings when a cycle has failed, and not when it ran out of time [A10]', () => {
    const machineArn = 'arn:cycle';
    const Dimensions = [{ Name: 'StateMachineArn', Value: machineArn }];
    const ends = (status: 'FAILED' | 'TIMED_OUT') =>
      store.ingest(toEndLine({ machineArn, status, stoppedAtMs: deps.clock.nowMs() } as never));
    ends('TIMED_OUT');
    expect(stateOf('ExecutionsTimedOut', { Dimensions })).toBe('ALARM');
    expect(stateOf('ExecutionsFailed', { Dimensions })).toBe('OK');
    ends('FAILED');
    expect(stateOf('ExecutionsFailed', { Dimensions })).toBe('ALARM');
  });

  it('ApprovalExpiring rings once, four hours before nobody may decide any more [A10] [C2]', async () => {
    const run = await runDeps();
    const id = [...run.rows.gates.all.keys()][0] ?? '';
    deps.clock.advanceSeconds(20 * 3_600 - 1);
    await reconcileGate(run, id);
    expect(stateOf('ApprovalExpiring')).toBe('OK');
    deps.clock.advanceSeconds(1);
    await reconcileGate(run, id);
    expect(stateOf('ApprovalExpiring')).toBe('ALARM');
    deps.clock.advanceSeconds(600);
    await reconcileGate(run, id);
    expect(stateOf('ApprovalExpiring')).toBe('OK');
    expect(run.rows.gates.all.get(id)?.status).toBe('PENDING');
  });

  it('MeetingSilent rings when nobody has spoken for five minutes [A10]', async () => {
    const run = await runDeps();
    changeCycle(run.rows, { planningJob: 'meet', outcome: undefined, decision: undefined });
    await deps.store.create(makeRunning({ id: 'meet', type: 'meeting' }));
    deps.clock.advanceSeconds(299);
    await reconcileRun(run, runId);
    expect(stateOf('MeetingSilent')).toBe('OK');
    deps.clock.advanceSeconds(300);
    await reconcileRun(run, runId);
    expect(stateOf('MeetingSilent')).toBe('ALARM');
  });

  it('HandoffStalled rings when no action was begun within ten minutes of a plan [A10]', async () => {
    const run = await runDeps();
    const actions = [...run.rows.cycles.all.values()][0]?.actions ?? [];
    const pending = actions.map((action) => ({ ...action, startedAtMs: undefined, endedAtMs: undefined }));
    changeCycle(run.rows, { decision: 'go', stopsAs: undefined, actions: pending });
    deps.clock.advanceSeconds(599);
    await reconcileRun(run, runId);
    expect(stateOf('HandoffStalled')).toBe('OK');
    deps.clock.advanceSeconds(301);
    await reconcileRun(run, runId);
    expect(stateOf('HandoffStalled')).toBe('ALARM');
  });

  it('HandoffStalled is quiet where all actions were carried over [A10]', async () => {
    const run = await runDeps();
    const actions = [...run.rows.cycles.all.values()][0]?.actions ?? [];
    const carried = actions.map((action) => ({ ...action, startedAtMs: undefined, endedAtMs: startMs }));
    changeCycle(run.rows, { decision: 'go', stopsAs: undefined, actions: carried });
    deps.clock.advanceSeconds(900);
    await reconcileRun(run, runId);
    expect(stateOf('HandoffStalled')).toBe('OK');
  });

  it('TicksMissed rings when a schedule finds a tick of which nobody knew in time [A10]', async () => {
    const scheduled = { ...makeMemoryScheduleDeps(), clock: deps.clock, metrics: deps.metrics };
    const starts = { job: { ...echoBody, budgetUsd: 0.01 } };
    const body = { name: 'pulse', when: { everySeconds: 600 }, starts };
    const { row } = await createSchedule(scheduled, everyone, body);
    deps.clock.advanceSeconds(600 + 300);
    await fireSchedule(scheduled, row.id);
    expect(stateOf('TicksMissed')).toBe('OK');
    deps.clock.advanceSeconds(300 + 301);
    await fireSchedule(scheduled, row.id);
    expect(stateOf('TicksMissed')).toBe('ALARM');
  });
});

async function mustGet(id: string) {
  const row = await deps.store.get(id);
  if (!row) throw new Error(`no job ${id}`);
  return row;
}
