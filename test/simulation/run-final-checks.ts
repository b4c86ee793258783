import { cycleRow } from '#contracts/cycle-row.ts';
import { gateRow } from '#contracts/gate.ts';
import { type RunRow, runRow } from '#contracts/run-row.ts';
import { jobsOf } from '#core/runs/halt-run.ts';
import { isAncestor } from './run-oracles.ts';
import type { World } from './world.ts';

/** When a run has come to rest: everybody was told the truth, and nothing that was done is lost. */
export function checkRunEnd(world: World): void {
  checkShapes(world);
  checkAnswers(world);
  for (const run of world.runs.runs.rows.values()) {
    checkMerged(world, run);
    checkCost(world, run);
  }
}

/** What the core writes is what the table's adapter will take when it reads it back. */
function checkShapes({ runs, journal }: World): void {
  const faults = [
    ...[...runs.runs.rows.values()].map((row) => runRow.safeParse(row).error),
    ...[...runs.cycles.rows.values()].map((row) => cycleRow.safeParse(row).error),
    ...[...runs.gates.rows.values()].map((row) => gateRow.safeParse(row).error),
  ];
  const fault = faults.find((error) => error !== undefined);
  if (fault) journal.violate('shape', fault.message);
}

function checkAnswers({ runs, journal, startedRuns, stopAccepted, decisions }: World): void {
  if (startedRuns.size > 1 || runs.runs.rows.size > 1)
    journal.violate(
      'idempotent create',
      `one request made the runs ${[...runs.runs.rows.keys()].join(', ')}`,
    );
  for (const id of startedRuns)
    if (!runs.runs.rows.has(id)) journal.violate('no lost job', `${id} was accepted and is not there`);
  for (const id of stopAccepted) {
    const status = runs.runs.rows.get(id)?.status;
    if (status !== 'STOPPED') journal.violate('stop', `the stop of ${id} was accepted; it ended ${status}`);
  }
  for (const { gate, status, by } of decisions) {
    const row = runs.gates.rows.get(gate);
    if (row?.status !== status || row.decidedBy !== by)
      journal.violate('approval', `${by} was told that ${gate} is ${status}; it is ${row?.status}`);
  }
}

/** Every action that is done and has changed files is in the run's files. */
function checkMerged(world: World, run: RunRow): void {
  for (const cycle of world.runs.cycles.rows.values())
    for (const { id, status, workspace } of cycle.actions) {
      if (status !== 'DONE' || !workspace) continue;
      const head = run.workspace?.sha256;
      if (head === undefined || !isAncestor(world, workspace.sha256, head))
        world.journal.violate('merge', `${run.id}-c${cycle.cycle}: what action ${id} did is lost`);
    }
}

/** To the cent, where no job was charged once more after its cycle had been closed. */
function checkCost({ runs, store, journal, lateSpending }: World, run: RunRow): void {
  for (const cycle of runs.cycles.rows.values()) {
    const jobs = jobsOf(cycle);
    if (jobs.some((id) => lateSpending.has(id))) continue;
    const spent = jobs.reduce((sum, id) => sum + (store.rows.get(id)?.spentMicroUsd ?? 0), 0);
    if (spent !== cycle.costMicroUsd)
      journal.violate(
        'run money',
        `${run.id}-c${cycle.cycle} cost ${cycle.costMicroUsd}; its jobs spent ${spent}`,
      );
  }
}
