import type { CycleRow } from '#contracts/cycle-row.ts';
import { AppError } from '#contracts/errors.ts';
import type { GateRow } from '#contracts/gate.ts';
import type { RunRow } from '#contracts/run-row.ts';
import type { Deps, RunPorts } from '#core/ports/core-deps.ts';
import type { Rows } from '#core/ports/run-store.ts';

interface Versioned {
  version: number;
  updatedAtMs: number;
}

export interface ChangedRow<Row> {
  row: Row;
  /** The same object as `row` where nothing was written. */
  before: Row;
}

export type ChangeDeps = Deps<'clock'> & Pick<RunPorts, 'runs'>;

/** Actions of a wave meet on their cycle's row: more rounds than there can be of them, and some. */
const rounds = 40;

/**
 * Reads the row, lets `decide` say what becomes of it, and writes it under the condition that nobody wrote in
 * between; on a lost race it reads and decides again. A decision must know its own earlier write when it sees it.
 */
export async function changeRow<Row extends Versioned, Key>(
  clock: ChangeDeps['clock'],
  rows: Rows<Row, Key>,
  key: Key,
  what: string,
  decide: (row: Row, nowMs: number) => Row | undefined,
): Promise<ChangedRow<Row>> {
  for (let round = 0; round < rounds; round++) {
    const before = await rows.get(key);
    if (!before) throw new AppError('not_found', `there is no ${what}`);
    const nowMs = clock.nowMs();
    const next = decide(before, nowMs);
    if (!next) return { row: before, before };
    const row = { ...next, version: before.version + 1, updatedAtMs: nowMs };
    if (await rows.replace(row)) return { row, before };
  }
  throw new AppError('busy', `${what} is being changed by others; nothing was written`, {
    remedy: 'try again',
  });
}

export function changeRun(
  deps: ChangeDeps,
  id: string,
  decide: (row: RunRow, nowMs: number) => RunRow | undefined,
): Promise<ChangedRow<RunRow>> {
  return changeRow(deps.clock, deps.runs.runs, id, `run "${id}"`, decide);
}

export function changeCycle(
  deps: ChangeDeps,
  { run, cycle }: { run: string; cycle: number },
  decide: (row: CycleRow, nowMs: number) => CycleRow | undefined,
): Promise<ChangedRow<CycleRow>> {
  return changeRow(deps.clock, deps.runs.cycles, { run, cycle }, `cycle ${cycle} of run "${run}"`, decide);
}

export function changeGate(
  deps: ChangeDeps,
  id: string,
  decide: (row: GateRow, nowMs: number) => GateRow | undefined,
): Promise<ChangedRow<GateRow>> {
  return changeRow(deps.clock, deps.runs.gates, id, `approval "${id}"`, decide);
}
