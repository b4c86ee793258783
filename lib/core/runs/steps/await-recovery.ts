import { changeCycle } from '../change-row.ts';
import { recoveryIdOf } from '../ids.ts';
import { type Place, readPlace } from '../place.ts';
import { ensureRecovery } from '../recovery/ensure-recovery.ts';
import type { RunDeps } from '../run-deps.ts';
import { type At, goOn, haltIfOver, isCarriedOut, isOver } from './step-tools.ts';

/** The cycle waits until the run's alarm is over; one that did not come to a good end has nothing to wait for. */
export async function awaitRecovery(deps: RunDeps, at: At & { token: string }): Promise<void> {
  const place = await readPlace(deps, at);
  const wanted = place.run.recovery;
  const isGood = !isOver(place) && place.cycle.stopsAs === undefined && isCarriedOut(place.cycle);
  if (!wanted || !isGood || !(await isReleased(deps, place))) return goOn(deps, at.token);
  const id = recoveryIdOf(at.run, at.cycle);
  const { row } = await changeCycle(deps, at, (current) =>
    current.recovery === id || current.end !== undefined ? undefined : { ...current, recovery: id },
  );
  if (row.end !== undefined) return goOn(deps, at.token);
  await ensureRecovery(deps, { id, run: at.run, cycle: at.cycle, wanted, token: at.token });
  await haltIfOver(deps, at);
}

async function isReleased(deps: RunDeps, { run, cycle }: Place): Promise<boolean> {
  if (!run.approvals.release) return true;
  const gate = cycle.releaseGate === undefined ? undefined : await deps.runs.gates.get(cycle.releaseGate);
  return gate?.status === 'APPROVED';
}
