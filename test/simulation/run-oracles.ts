import type { CycleRow } from '#contracts/cycle-row.ts';
import type { GateRow } from '#contracts/gate.ts';
import { isTerminal } from '#contracts/job-states.ts';
import type { RunRow } from '#contracts/run-row.ts';
import { cycleEnds, runTransitions } from '#contracts/run-states.ts';
import { gatesOf, jobsOf } from '#core/runs/halt-run.ts';
import type { MemoryRunStoreOptions } from '../fakes/memory-run-store.ts';
import { checkActions, inFlightMs, type RunSay } from './action-oracle.ts';
import type { SimWorkspace } from './run-work.ts';
import { sameValue } from './same-value.ts';
import type { SimExecution } from './states.ts';
import type { World } from './world.ts';

/** Looks at every write of a run, a cycle or a gate at the moment of its acceptance. */
export function watchRuns(world: World): Pick<MemoryRunStoreOptions, 'onRun' | 'onCycle' | 'onGate'> {
  const say =
    (id: string): RunSay =>
    (invariant, message) =>
      world.journal.violate(invariant, `${id}: ${message} (by ${world.writer?.name ?? 'nobody'})`);
  return {
    onRun: (before, after) => before && checkRun(world, before, after, say(after.id)),
    onCycle: (before, after) => {
      if (before) checkCycle(world, before, after, say(`${after.run}-c${after.cycle}`));
      world.rhythm?.see(before, after);
    },
    onGate: (before, after) => before && checkGate(world, before, after, say(after.id)),
  };
}

function checkRun(world: World, before: RunRow, after: RunRow, say: RunSay): void {
  if (before.status !== after.status) {
    world.journal.trace(() => `   ${after.id} ${before.status} → ${after.status}`);
    const allowed: readonly string[] = runTransitions[before.status];
    if (!allowed.includes(after.status)) say('run ending', `${before.status} → ${after.status}`);
    if (before.status === 'RUNNING') world.stoppedAtMs.set(after.id, world.nowMs);
  }
  if ((after.endedAtMs !== undefined) !== (runTransitions[after.status].length === 0))
    say('run ending', `is ${after.status} and ended at ${after.endedAtMs}`);
  checkHalt(world, before, after, say);
  const isOver = before.status !== 'RUNNING';
  if (isOver && (after.cycle !== before.cycle || (after.outbox.start && !before.outbox.start)))
    say('stop', `was ${before.status}, and cycle ${after.cycle} is to start`);
  if (after.cycle !== before.cycle) checkNext(world, before, after, say);
  const isAgain = after.cycle === before.cycle && after.outbox.start && !before.outbox.start;
  if (isAgain) say('cycle', `cycle ${after.cycle} is to start a second time`);
  if (after.workspace?.sha256 !== before.workspace?.sha256) checkHead(world, before, after, say);
}

/** Whoever stops a run leaves a note to tell its jobs, which lasts until nothing of the cycle can begin any more. */
function checkHalt({ runs }: World, before: RunRow, after: RunRow, say: RunSay): void {
  if (after.status !== 'STOPPING' || after.outbox.halt) return;
  const isClosed = runs.cycles.rows.get(`${after.id} ${after.cycle}`)?.end !== undefined;
  if (!isClosed) say('stop', `is STOPPING from ${before.status}, and its jobs are not told`);
}

function checkNext({ runs }: World, before: RunRow, after: RunRow, say: RunSay): void {
  if (after.cycle !== before.cycle + 1) say('cycle', `cycle ${before.cycle} → ${after.cycle}`);
  const last = runs.cycles.rows.get(`${after.id} ${before.cycle}`);
  if (last?.end === undefined)
    say('cycle', `cycle ${after.cycle} is to start before ${before.cycle} has ended`);
}

/** The new files are made of the old ones: whatever was merged stays merged. */
function checkHead(world: World, before: RunRow, after: RunRow, say: RunSay): void {
  const old = before.workspace?.sha256;
  if (after.workspace === undefined) say('merge', 'has lost its files');
  else if (old !== undefined && !isAncestor(world, old, after.workspace.sha256))
    say('merge', `${after.workspace.key} was not made of the files before it`);
}

/** Whether files with these contents went into those. */
export function isAncestor(world: World, old: string, sha256: string): boolean {
  if (old === sha256) return true;
  const found = [...world.objects.stored.values()].find((stored) => stored.sha256 === sha256);
  const { parents } = JSON.parse(found?.body ?? '{"parents":[]}') as SimWorkspace;
  return parents.some((parent) => isAncestor(world, old, parent));
}

const decided = ['outcome', 'decision', 'plan', 'end', 'endedAtMs', 'objectiveAchieved', 'interval'] as const;

function checkCycle(world: World, before: CycleRow, after: CycleRow, say: RunSay): void {
  const name = decided.find((each) => before[each] !== undefined && !sameValue(before[each], after[each]));
  if (name) say('cycle', `${name} was changed from ${JSON.stringify(before[name])}`);
  const isLate = before.end !== undefined && after.end !== undefined;
  const begun = (['planningJob', 'reviewJob', 'planGate', 'releaseGate', 'outcome'] as const).find(
    (each) => isLate && before[each] !== after[each],
  );
  if (begun) say('cycle', `has ended ${before.end}, and its ${begun} was set`);
  checkActions(world, before, after, say);
}

const outcome = ['status', 'decidedAtMs', 'decidedBy', 'comment', 'result', 'files'] as const;

function checkGate(world: World, before: GateRow, after: GateRow, say: RunSay): void {
  const fixed = (['digest', 'expiresAtMs', 'kind', 'run', 'cycle', 'createdAtMs'] as const).find(
    (each) => before[each] !== after[each],
  );
  if (fixed) say('approval', `its ${fixed} was changed`);
  if (before.status === 'PENDING' && after.status === 'PENDING') return;
  const name = outcome.find((each) => !sameValue(before[each], after[each]));
  if (before.status !== 'PENDING' && name)
    say('approval', `was ${before.status}, and its ${name} was changed`);
  if (before.status !== 'PENDING') return;
  world.journal.trace(() => `   ${after.id} is ${after.status} by ${after.decidedBy}`);
  world.journal.countEnd(`${after.kind} ${after.status}`);
  const isDecision = after.status === 'APPROVED' || after.status === 'REJECTED';
  if (isDecision && (after.decidedAtMs ?? 0) >= after.expiresAtMs)
    say('approval', `was ${after.status} after it had expired`);
  if (after.status === 'EXPIRED' && (after.decidedAtMs ?? 0) < after.expiresAtMs)
    say('approval', 'expired before its time');
}

/** A cycle is begun once the one before it has ended, and not at all once the run was stopped. */
export function checkExecutionStart(world: World, { run: id, cycle }: SimExecution['input']): void {
  const say = (message: string) => world.journal.violate('cycle', `${id}-c${cycle}: was started ${message}`);
  const run = world.runs.runs.rows.get(id);
  if (!run || run.cycle < cycle) say('out of turn');
  const last = world.runs.cycles.rows.get(`${id} ${cycle - 1}`);
  if (cycle > 1 && last?.end === undefined) say(`before cycle ${cycle - 1} had ended`);
  const stoppedAtMs = world.stoppedAtMs.get(id);
  if (stoppedAtMs !== undefined && world.nowMs - stoppedAtMs > inFlightMs) say('although the run was over');
}

/** Whoever has closed a cycle has told all that was there. What is made in this very moment is told by its maker. */
export function checkClosed(world: World, { run, cycle }: SimExecution['input']): void {
  const row = world.runs.cycles.rows.get(`${run} ${cycle}`);
  const say = (message: string) => world.journal.violate('cycle', `${run}-c${cycle}: ${message}`);
  if (row?.end === undefined) {
    say('is said to be closed, and has no end');
    return;
  }
  const endedAtMs = row.endedAtMs ?? 0;
  const live = jobsOf(row).find((id) => {
    const job = world.store.rows.get(id);
    return job && job.createdAtMs < endedAtMs && !isTerminal(job.status) && job.stopCause === undefined;
  });
  if (live !== undefined) say(`is closed, and ${live} goes on`);
  const gate = gatesOf(row).map((id) => world.runs.gates.rows.get(id));
  const open = gate.find((each) => each?.status === 'PENDING' && each.createdAtMs < endedAtMs);
  if (open) say(`is closed, and ${open.id} still waits`);
}

/** The console tells the truth: the end that it shows is the row's. */
export function checkExecutionEnd(world: World, { input: { run, cycle }, end, name }: SimExecution): void {
  if (end === undefined || !(end in cycleEnds)) return;
  const row = world.runs.cycles.rows.get(`${run} ${cycle}`);
  if (row?.end !== end) world.journal.violate('cycle', `${name} ended ${end}, and its row says ${row?.end}`);
}
