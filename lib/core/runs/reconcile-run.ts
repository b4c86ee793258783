import { limits } from '#contracts/limits.ts';
import type { RunRow } from '#contracts/run-row.ts';
import { warnOfMonth } from '#core/money/warn-of-month.ts';
import type { Courier } from '#core/ports/courier.ts';
import type { DueRunItem } from '#core/ports/run-store.ts';
import { handOver } from '#core/reconcile/hand-over.ts';
import { changeRun } from './change-row.ts';
import { closeCycle } from './close-cycle.ts';
import { countSilence } from './count-silence.ts';
import { expireGate, warnOfGate } from './gates.ts';
import { relayGate } from './relay-gate.ts';
import { executionCheckMs, relayRun } from './relay-run.ts';
import type { RunDeps } from './run-deps.ts';

/** Brings a run forward: deliveries that are overdue, a cycle that is to begin, an execution that has died. */
export async function reconcileRun(deps: RunDeps, id: string): Promise<RunRow | undefined> {
  const run = await deps.runs.runs.get(id);
  if (!run) return undefined;
  const told = await relayRun(deps, run);
  return isPast(told.checkAtMs, deps.clock.nowMs()) ? lookAtExecution(deps, told) : told;
}

function isPast(atMs: number | undefined, nowMs: number): boolean {
  return atMs !== undefined && atMs <= nowMs;
}

async function lookAtExecution(deps: RunDeps, run: RunRow): Promise<RunRow> {
  const state = await deps.workflow.describe(run.executionArn ?? deps.workflow.arnOf(run.executionName));
  const isRunning = state.kind === 'running';
  if (!isRunning && (await isOpen(deps, run))) await closeCycle(deps, { run: run.id, cycle: run.cycle });
  else await countSilence(deps, run);
  const { row } = await changeRun(deps, run.id, (current, nowMs) => {
    if (!isPast(current.checkAtMs, nowMs)) return undefined;
    const isWatched = current.endedAtMs === undefined || isRunning;
    return { ...current, checkAtMs: isWatched ? nowMs + executionCheckMs : undefined };
  });
  return row;
}

/** A run that was stopped as it was being started has ended; the execution that came of it may have died. */
async function isOpen(deps: RunDeps, { id: run, cycle, endedAtMs }: RunRow): Promise<boolean> {
  if (endedAtMs === undefined) return true;
  const row = await deps.runs.cycles.get({ run, cycle });
  return row !== undefined && row.end === undefined;
}

/** A gate whose time is over, or that has not told everybody yet. */
export async function reconcileGate(deps: RunDeps, id: string): Promise<void> {
  const gate = await deps.runs.gates.get(id);
  if (!gate) return;
  if (gate.status === 'PENDING' && gate.expiresAtMs <= deps.clock.nowMs()) await expireGate(deps, id);
  else await relayGate(deps, await warnOfGate(deps, id));
}

/** A pass takes so many runs and gates; what is left is still due at the next one. */
const rowsPerPass = 100;
/** What is only handed on costs a pass next to nothing. */
const itemsPerPass = 400;

export type ReconcileRunsDeps = RunDeps & {
  /** Asks the function that starts what schedules start. */
  scheduler?: Courier;
  /** Asks the function that looks at alarms. */
  watcher?: Courier;
};

const reconcilers = { run: reconcileRun, gate: reconcileGate, month: warnOfMonth } as const;
type OwnKind = keyof typeof reconcilers;

/** Runs, gates and months that are due; the rest is handed on. One row's fault never keeps another from its turn. */
export async function reconcileRuns(
  deps: ReconcileRunsDeps,
): Promise<{ dueRuns: number; failedRuns: number }> {
  const items = await deps.runs.due(deps.clock.nowMs(), itemsPerPass);
  await handOn(deps, deps.courier, 'webhooks', idsOf(items, 'webhook'), limits.webhooksPerCall);
  await handOn(deps, deps.scheduler, 'schedules', idsOf(items, 'schedule'), limits.schedulesPerCall);
  await handOn(deps, deps.watcher, 'recoveries', idsOf(items, 'recovery'), limits.recoveriesPerCall);
  const own = items.flatMap(({ kind, id }) => (kind in reconcilers ? [{ kind: kind as OwnKind, id }] : []));
  let failedRuns = 0;
  for (const { kind, id } of own.slice(0, rowsPerPass)) {
    try {
      await reconcilers[kind](deps, id);
    } catch (error) {
      failedRuns++;
      deps.log.warn(`${kind} not reconciled`, { [kind]: id, reason: String(error) });
    }
  }
  return { dueRuns: items.length, failedRuns };
}

function idsOf(items: readonly DueRunItem[], wanted: DueRunItem['kind']): string[] {
  return items.filter(({ kind }) => kind === wanted).map(({ id }) => id);
}

/** A receiver may be slow, and so may what a tick starts; a pass may not. */
async function handOn(
  deps: RunDeps,
  courier: Courier | undefined,
  what: Parameters<typeof handOver>[2],
  ids: readonly string[],
  perCall: number,
): Promise<void> {
  for (let from = 0; from < ids.length; from += perCall)
    await handOver(deps, courier, what, ids.slice(from, from + perCall));
}
