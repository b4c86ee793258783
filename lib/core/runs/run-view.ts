import type { CycleRow } from '#contracts/cycle-row.ts';
import type { RecoveryRow, RecoveryView } from '#contracts/recovery.ts';
import type { RunRow } from '#contracts/run-row.ts';
import type { RunStatus } from '#contracts/run-states.ts';
import type { CycleView, RunView } from '#contracts/run-view.ts';
import { toUsd } from '#contracts/usage.ts';

export interface RunLinkPlace {
  /** Of an execution's page in the console, where there is one. */
  consoleOf(executionArn: string): string | undefined;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

/** As it is shown: a running run that waits for a person says so. */
export function statusOf({ status, waitsFor }: RunRow): RunStatus {
  return status === 'RUNNING' && waitsFor.length > 0 ? 'WAITING' : status;
}

/** With the watch of an alarm that it waits for, or has waited for, where that was read. */
export type ShownCycle = CycleRow & { watch?: RecoveryRow };

/** @param costMicroUsd what it has cost until now, where that was added up; otherwise what its rows say */
export function toRunView(
  run: RunRow,
  cycles: readonly ShownCycle[],
  place: RunLinkPlace,
  costMicroUsd = costInRows(run, cycles),
): RunView {
  const { start } = run.outbox;
  const nextMs = start?.kind === 'start' ? start.notBeforeMs : undefined;
  const console = run.executionArn === undefined ? undefined : place.consoleOf(run.executionArn);
  const reported = cycles.findLast(({ end }) => end !== undefined);
  return {
    id: run.id,
    team: run.team,
    teamSha256: run.teamSha256,
    objective: run.objective,
    project: run.project,
    status: statusOf(run),
    cycle: run.cycle,
    maxCycles: run.maxCycles,
    cycles: cycles.map(toCycleView),
    waitsFor: run.waitsFor,
    ...(run.recovery ? { recovery: run.recovery } : {}),
    ...(nextMs === undefined ? {} : { nextCycleAt: iso(nextMs) }),
    ...(run.interval && run.endedAtMs === undefined ? { interval: run.interval } : {}),
    models: run.models,
    createdAt: iso(run.createdAtMs),
    ...(run.endedAtMs === undefined ? {} : { endedAt: iso(run.endedAtMs) }),
    costUsd: toUsd(costMicroUsd),
    budgetUsd: toUsd(run.budgetMicroUsd),
    ...asked(run),
    ...(run.outcome === undefined ? {} : { outcome: run.outcome }),
    ...(run.error ? { error: run.error } : {}),
    links: {
      ...(console === undefined ? {} : { console }),
      ...(run.executionArn === undefined ? {} : { executionArn: run.executionArn }),
      ...(reported ? { report: `/runs/${run.id}/files/cycles/${reported.cycle}/report.html` } : {}),
    },
  };
}

function asked({ given = [] }: RunRow): Pick<RunView, 'costExplorerRequests'> {
  const requests = given.reduce((sum, { requests: each = 0 }) => sum + each, 0);
  return requests === 0 ? {} : { costExplorerRequests: requests };
}

function costInRows(run: RunRow, cycles: readonly CycleRow[]): number {
  const open = cycles.filter(({ end }) => end === undefined);
  return run.costMicroUsd + open.reduce((sum, cycle) => sum + costOf(cycle), 0);
}

/** An open cycle's own sum is made when it is closed; until then it is that of its actions. */
function costOf({ actions }: CycleRow): number {
  return actions.reduce((sum, { costMicroUsd }) => sum + costMicroUsd, 0);
}

function toRecoveryView(row: RecoveryRow): RecoveryView {
  const { alarm, status, createdAtMs, endsAtMs, seen, okSinceMs, endedAtMs } = row;
  return {
    alarm,
    status,
    since: iso(createdAtMs),
    until: iso(endsAtMs),
    ...(seen ? { state: seen.state, reason: seen.reason } : {}),
    ...(okSinceMs === undefined ? {} : { okSince: iso(okSinceMs) }),
    ...(endedAtMs === undefined ? {} : { endedAt: iso(endedAtMs) }),
  };
}

function toCycleView(cycle: ShownCycle): CycleView {
  const { end, outcome, decision, plan, planningJob, reviewJob } = cycle;
  return {
    cycle: cycle.cycle,
    ...(end === undefined ? {} : { end }),
    ...(outcome === undefined ? {} : { outcome }),
    ...(decision === undefined ? {} : { decision }),
    startedAt: iso(cycle.startedAtMs),
    ...(cycle.endedAtMs === undefined ? {} : { endedAt: iso(cycle.endedAtMs) }),
    ...(cycle.interval ? { interval: cycle.interval } : {}),
    costUsd: toUsd(end === undefined ? costOf(cycle) : cycle.costMicroUsd),
    ...(plan ? { planSha256: plan.sha256 } : {}),
    ...(planningJob === undefined ? {} : { planningJob }),
    ...(reviewJob === undefined ? {} : { reviewJob }),
    ...(cycle.watch ? { recovery: toRecoveryView(cycle.watch) } : {}),
    actions: cycle.actions.map((action) => ({
      id: action.id,
      title: action.title,
      owner: action.owner,
      kind: action.kind,
      priority: action.priority,
      wave: action.wave,
      status: action.status,
      revision: action.revision,
      jobs: action.jobs,
      ...(action.gate === undefined ? {} : { gate: action.gate }),
      ...(action.startedAtMs === undefined ? {} : { startedAt: iso(action.startedAtMs) }),
      ...(action.endedAtMs === undefined ? {} : { endedAt: iso(action.endedAtMs) }),
      costUsd: toUsd(action.costMicroUsd),
      ...(action.reason === undefined ? {} : { reason: action.reason }),
      ...(action.verdicts === undefined ? {} : { verdicts: action.verdicts }),
    })),
  };
}
