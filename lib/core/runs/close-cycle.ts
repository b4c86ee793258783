import type { CycleRow } from '#contracts/cycle-row.ts';
import type { RunRow } from '#contracts/run-row.ts';
import { type CycleEnd, cycleEnds } from '#contracts/run-states.ts';
import type { Closed } from '#contracts/steps.ts';
import { toUsd } from '#contracts/usage.ts';
import { intervalAfter } from './adapt-interval.ts';
import { changeCycle, changeRun } from './change-row.ts';
import { haltCycle, jobsOf } from './halt-run.ts';
import { executionName } from './ids.ts';
import { isStopping, type Place, readPlace } from './place.ts';
import { relayRun } from './relay-run.ts';
import { writeReport } from './report/write-report.ts';
import type { RunDeps } from './run-deps.ts';
import { say } from './say.ts';
import { open } from './steps/open.ts';
import { type At, costOf, hasEnded, isCarriedOut } from './steps/step-tools.ts';
import { withWebhook } from './with-webhook.ts';

/**
 * Ends a cycle: whatever of it still lives is told to stop, the report is written, and the run goes on or ends.
 * The machine's last step; the reconciler does it too where the machine came to its end without it. Doing it again
 * changes nothing.
 */
export async function closeCycle(deps: RunDeps, at: At): Promise<Closed> {
  if (!(await deps.runs.cycles.get(at))) await open(deps, at);
  const place = await readPlace(deps, at);
  const costMicroUsd = await costOf(deps, jobsOf(place.cycle));
  const decided =
    place.cycle.end ?? endOf(place, await releaseOf(deps, place), await recoveryOf(deps, place));
  const { row } = await changeCycle(deps, at, (cycle, nowMs) =>
    cycle.end === undefined
      ? closed(place.run, cycle, { end: decided, costMicroUsd, endedAtMs: nowMs })
      : undefined,
  );
  await haltCycle(deps, place.run, at.cycle);
  const report = await writeReport(deps, { ...place, cycle: row });
  const totalMicroUsd = await costOfCycles(deps, at.run);
  const { row: run, before } = await changeRun(deps, at.run, (current, nowMs) => {
    if (current.endedAtMs !== undefined) return withCost(current, totalMicroUsd);
    return current.cycle === at.cycle ? goOnOrEnd(current, row, totalMicroUsd, nowMs) : undefined;
  });
  if (run !== before && before.endedAtMs === undefined) await tell(deps, run, row);
  await relayRun(deps, run);
  // Who closed it first said how it ended.
  const end = row.end ?? decided;
  return {
    end,
    says: cycleEnds[end].says,
    costUsd: toUsd(row.costMicroUsd),
    report,
    run: at.run,
    cycle: at.cycle,
  };
}

/** What never came to its end was stopped, by a person or by a fault. */
function closed(
  run: RunRow,
  cycle: CycleRow,
  ended: Required<Pick<CycleRow, 'end' | 'costMicroUsd' | 'endedAtMs'>>,
): CycleRow {
  const { end, endedAtMs } = ended;
  const reason = end === 'StoppedByPerson' ? 'the run was stopped' : 'the cycle ended before it';
  const actions = cycle.actions.map((action) =>
    hasEnded(action) ? action : { ...action, status: 'STOPPED' as const, reason, endedAtMs },
  );
  const row = { ...cycle, actions, ...ended };
  const interval = goesOn(run, row) ? intervalAfter(run, row) : undefined;
  return interval ? { ...row, interval } : row;
}

type Release = 'yes' | 'no' | 'not wanted' | 'not asked';

async function releaseOf(deps: RunDeps, { run, cycle }: Place): Promise<Release> {
  if (!run.approvals.release) return 'not wanted';
  if (cycle.releaseGate === undefined) return 'not asked';
  const gate = await deps.runs.gates.get(cycle.releaseGate);
  // A wait that broke off is no answer.
  if (!gate || gate.status === 'PENDING') return 'not asked';
  return gate.status === 'APPROVED' ? 'yes' : 'no';
}

type Recovery = 'yes' | 'no' | 'not wanted' | 'not watched';

async function recoveryOf(deps: RunDeps, { run, cycle }: Place): Promise<Recovery> {
  if (!run.recovery) return 'not wanted';
  const row = cycle.recovery === undefined ? undefined : await deps.runs.recoveries.get(cycle.recovery);
  if (row?.status === 'RECOVERED') return 'yes';
  return row?.status === 'NOT_RECOVERED' ? 'no' : 'not watched';
}

function endOf({ run, cycle }: Place, release: Release, recovery: Recovery): CycleEnd {
  if (cycle.stopsAs !== undefined) return cycle.stopsAs;
  if (isStopping(run)) return 'StoppedByPerson';
  if (cycle.outcome === undefined) return 'TimedOut';
  if (!isCarriedOut(cycle)) return 'ActionsFailed';
  // The machine broke off before anybody was asked: what is not released is not done.
  if (release === 'not asked') return 'TimedOut';
  if (release === 'no') return 'RejectedByPerson';
  // Likewise: what nobody has watched to its end is not known to be over.
  if (recovery === 'not watched') return 'TimedOut';
  return recovery === 'no' ? 'NotRecovered' : 'Done';
}

/** Summed up anew each time, so that closing twice, or late, counts nothing twice. */
async function costOfCycles(deps: RunDeps, run: string): Promise<number> {
  const cycles = await deps.runs.cycles.ofRun(run);
  return cycles.reduce((sum, { end, costMicroUsd }) => (end === undefined ? sum : sum + costMicroUsd), 0);
}

function withCost(run: RunRow, costMicroUsd: number): RunRow | undefined {
  return run.costMicroUsd === costMicroUsd ? undefined : { ...run, costMicroUsd };
}

/** Ends that no further cycle can mend. */
const final: readonly CycleEnd[] = ['OutOfBudget', 'StoppedByPerson'];

/** Ends after which the next meeting may find another way. */
const planned: readonly CycleEnd[] = [
  'Done',
  'ActionsFailed',
  'NotRecovered',
  'TimedOut',
  'RejectedByPerson',
];

/** Whether the cycle that ended like this is followed by another one. */
function goesOn(run: RunRow, { end = 'TimedOut', objectiveAchieved }: CycleRow): boolean {
  if (run.status === 'STOPPING' || final.includes(end) || run.cycle >= run.maxCycles) return false;
  if (run.cadence) return true;
  return planned.includes(end) && !(end === 'Done' && objectiveAchieved === true);
}

function goOnOrEnd(run: RunRow, cycle: CycleRow, costMicroUsd: number, nowMs: number): RunRow {
  const end = cycle.end ?? 'TimedOut';
  const { start: _, halt: __, ...outbox } = run.outbox;
  const known = { ...run, costMicroUsd, waitsFor: [], checkAtMs: undefined };
  if (run.status === 'STOPPING' || end === 'StoppedByPerson')
    return { ...known, status: 'STOPPED', outcome: end, endedAtMs: nowMs, outbox: withWebhook(run, outbox) };
  if (!goesOn(run, cycle)) {
    const status = cycleEnds[end].good ? 'SUCCEEDED' : 'FAILED';
    return {
      ...known,
      status,
      outcome: end,
      endedAtMs: nowMs,
      outbox: withWebhook(run, outbox),
      ...(cycle.error ? { error: cycle.error } : {}),
    };
  }
  const next = run.cycle + 1;
  const { interval } = cycle;
  const notBeforeMs =
    run.cadence && cycle.startedAtMs + (interval?.seconds ?? run.cadence.everySeconds) * 1_000;
  return {
    ...known,
    ...(interval ? { interval } : {}),
    cycle: next,
    executionName: executionName(run.team, run.objective, run.id, next),
    executionArn: undefined,
    outbox: {
      ...outbox,
      start: { kind: 'start', cycle: next, ...(notBeforeMs === undefined ? {} : { notBeforeMs }) },
    },
  };
}

async function tell(deps: RunDeps, run: RunRow, cycle: CycleRow): Promise<void> {
  const end = cycle.end ?? 'TimedOut';
  const message = `Cycle ${cycle.cycle} ended ${end}: ${cycleEnds[end].says}`;
  await say(deps, run.id, { type: 'cycle', message, status: end });
  if (run.endedAtMs === undefined && cycle.interval)
    await say(deps, run.id, { type: 'cycle', message: cycle.interval.reason });
  if (run.endedAtMs !== undefined)
    await say(deps, run.id, { type: 'end', message: `The run ended ${run.status}`, status: run.status });
}
