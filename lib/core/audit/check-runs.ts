import type { CycleRow } from '#contracts/cycle-row.ts';
import type { GateRow } from '#contracts/gate.ts';
import { cyclePrefix } from '#contracts/object-keys.ts';
import type { RunRow } from '#contracts/run-row.ts';
import { terminalRunStatuses } from '#contracts/run-states.ts';
import { gatesOf } from '#core/runs/halt-run.ts';
import { executionCheckMs } from '#core/runs/relay-run.ts';
import type { AuditOptions, AuditSnapshot, Finding, RunRecords } from './audit-snapshot.ts';
import { checkCycle } from './check-cycle.ts';

/** From an end to the moment when all that hung on it is told: a look at the execution, and some passes for it. */
export const runGraceMs = executionCheckMs + 600_000;

interface Audited extends AuditOptions {
  snapshot: AuditSnapshot;
  records: RunRecords;
}

/** Runs, their cycles and gates: what is over is over, what began came to its end, and nobody went round a person. */
export function checkRuns(snapshot: AuditSnapshot, options: AuditOptions): Finding[] {
  const { runs: records } = snapshot;
  if (!records) return [];
  const audited = { snapshot, records, ...options };
  return [
    ...records.runs.flatMap((run) => checkRun(run, audited)),
    ...records.gates.flatMap((gate) => checkGate(gate, audited)),
  ];
}

function checkRun(run: RunRow, audited: Audited): Finding[] {
  const cycles = audited.records.cycles
    .filter((cycle) => cycle.run === run.id)
    .sort((a, b) => a.cycle - b.cycle);
  return [
    ...checkEnding(run, audited),
    ...checkStop(run, cycles),
    ...checkOrder(run, cycles, audited),
    ...checkCost(run, cycles, audited),
    ...cycles.flatMap((cycle) => checkCycle(run, cycle, audited.snapshot, audited.records)),
    ...cycles.flatMap((cycle) => checkClosed(run, cycle, audited)),
  ];
}

function checkEnding(run: RunRow, { isSettled }: Audited): Finding[] {
  const say = (message: string): Finding[] => [{ invariant: 'run ending', subject: run.id, message }];
  const isOver = (terminalRunStatuses as readonly string[]).includes(run.status);
  if (isOver !== (run.endedAtMs !== undefined)) return say(`is ${run.status} and ended at ${run.endedAtMs}`);
  if (isOver && run.outcome === undefined) return say(`is ${run.status} without saying why`);
  if (isOver && run.waitsFor.length > 0) return say(`is over and waits for ${run.waitsFor.join(', ')}`);
  if (!isSettled) return [];
  if (!isOver) return [{ invariant: 'liveness', subject: run.id, message: `is still ${run.status}` }];
  const left = Object.keys(run.outbox);
  if (left.length === 0) return [];
  return [{ invariant: 'outbox', subject: run.id, message: `has not delivered ${left.join(', ')}` }];
}

/** The note to tell its jobs stays with a run that stops until nothing of its cycle can begin any more. */
function checkStop(run: RunRow, cycles: readonly CycleRow[]): Finding[] {
  const isClosed = cycles.some(({ cycle, end }) => cycle === run.cycle && end !== undefined);
  if (run.status !== 'STOPPING' || run.outbox.halt || isClosed) return [];
  return [{ invariant: 'run ending', subject: run.id, message: 'is STOPPING, and its jobs are not told' }];
}

function checkOrder(run: RunRow, cycles: readonly CycleRow[], { isSettled, snapshot }: Audited): Finding[] {
  const say = (message: string): Finding[] => [{ invariant: 'cycle', subject: run.id, message }];
  if (cycles.some(({ cycle }, index) => cycle !== index + 1))
    return say(`has the cycles ${cycles.map(({ cycle }) => cycle).join(', ')}`);
  if (run.cycle > run.maxCycles) return say(`is in cycle ${run.cycle} of ${run.maxCycles}`);
  const isLongOver = isSettled || (run.endedAtMs ?? snapshot.nowMs) + runGraceMs < snapshot.nowMs;
  const open = cycles.find(
    ({ cycle, end }) =>
      end === undefined && (cycle < run.cycle || (run.endedAtMs !== undefined && isLongOver)),
  );
  return open ? say(`went on, and cycle ${open.cycle} has not ended`) : [];
}

/** A reservation that is settled after the end makes a job dearer than its cycle knew; never cheaper. */
function checkCost(run: RunRow, cycles: readonly CycleRow[], { snapshot }: Audited): Finding[] {
  const say = (message: string): Finding[] => [{ invariant: 'run money', subject: run.id, message }];
  const closed = cycles.filter(({ end }) => end !== undefined);
  const sum = closed.reduce((total, { costMicroUsd }) => total + costMicroUsd, 0);
  if (run.endedAtMs !== undefined && sum !== run.costMicroUsd)
    return say(`cost ${run.costMicroUsd}, and its cycles ${sum}`);
  const spent = snapshot.rows
    .filter((row) => row.run?.id === run.id)
    .reduce((total, { spentMicroUsd }) => total + spentMicroUsd, 0);
  const hasAll = closed.every(({ planningJob }) => snapshot.rows.some(({ id }) => id === planningJob));
  return hasAll && sum > spent ? say(`cost ${sum}, and its jobs have spent ${spent}`) : [];
}

function checkClosed(run: RunRow, cycle: CycleRow, { snapshot, records, isSettled }: Audited): Finding[] {
  const { end, endedAtMs = snapshot.nowMs } = cycle;
  if (end === undefined || (!isSettled && endedAtMs + runGraceMs > snapshot.nowMs)) return [];
  const subject = `${run.id}-c${cycle.cycle}`;
  const say = (message: string): Finding[] => [{ invariant: 'cycle', subject, message }];
  const live = snapshot.rows.find(
    (row) => row.run?.id === run.id && row.run.cycle === cycle.cycle && row.endedAtMs === undefined,
  );
  if (live && live.stopCause === undefined) return say(`ended ${end}, and ${live.id} is ${live.status}`);
  const waiting = gatesOf(cycle).find((id) =>
    records.gates.some((gate) => gate.id === id && gate.status === 'PENDING'),
  );
  if (waiting !== undefined) return say(`ended ${end}, and ${waiting} still waits for a person`);
  const report = `${cyclePrefix(run.project, run.id, cycle.cycle)}report.html`;
  return records.reports.has(report) ? [] : say(`ended ${end} without a report`);
}

function checkGate(gate: GateRow, { snapshot, isSettled }: Audited): Finding[] {
  const say = (message: string): Finding[] => [{ invariant: 'approval', subject: gate.id, message }];
  const isOpen = gate.status === 'PENDING';
  if (isOpen !== (gate.decidedAtMs === undefined)) return say(`is ${gate.status} since ${gate.decidedAtMs}`);
  if (isOpen && (isSettled || gate.expiresAtMs + runGraceMs < snapshot.nowMs))
    return say('still waits for a person');
  const isDecided = gate.status === 'APPROVED' || gate.status === 'REJECTED';
  if (isDecided && gate.decidedBy === undefined) return say(`is ${gate.status} by nobody`);
  if (isDecided && (gate.decidedAtMs ?? 0) >= gate.expiresAtMs)
    return say(`was ${gate.status} after its expiry`);
  const left = Object.keys(gate.outbox);
  if (!isSettled || left.length === 0) return [];
  return [{ invariant: 'outbox', subject: gate.id, message: `has not delivered ${left.join(', ')}` }];
}
