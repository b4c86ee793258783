import type { GateRow } from '#contracts/gate.ts';
import { changeRun } from './change-row.ts';
import type { RunDeps } from './run-deps.ts';

/** The run is shown as one that waits for a person. */
export async function waitFor(deps: RunDeps, gate: Pick<GateRow, 'id' | 'run'>): Promise<void> {
  await changeRun(deps, gate.run, (run) =>
    run.waitsFor.includes(gate.id) || run.endedAtMs !== undefined
      ? undefined
      : { ...run, waitsFor: [...run.waitsFor, gate.id] },
  );
}

export async function noLongerWaits(deps: RunDeps, gate: Pick<GateRow, 'id' | 'run'>): Promise<void> {
  await changeRun(deps, gate.run, (run) =>
    run.waitsFor.includes(gate.id)
      ? { ...run, waitsFor: run.waitsFor.filter((id) => id !== gate.id) }
      : undefined,
  );
}
