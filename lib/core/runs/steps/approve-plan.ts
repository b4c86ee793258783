import type { GateRow } from '#contracts/gate.ts';
import type { CycleEnd } from '#contracts/run-states.ts';
import type { Planned } from '#contracts/steps.ts';
import { changeCycle } from '../change-row.ts';
import { ensureGate } from '../gates.ts';
import { cycleGateId } from '../ids.ts';
import { isStopping, readPlace } from '../place.ts';
import { readStoredPlan } from '../read-plan.ts';
import type { RunDeps } from '../run-deps.ts';
import { toPlanned } from './plan.ts';
import { type At, goOn, haltIfOver, isOver } from './step-tools.ts';

const linesShown = 9;

/** A person is asked whether this very plan is to be carried out. */
export async function askPlanApproval(deps: RunDeps, at: At & { token: string }): Promise<void> {
  const place = await readPlace(deps, at);
  const { run, cycle } = place;
  if (isOver(place) || !cycle.plan) return goOn(deps, at.token);
  const id = cycleGateId(run.id, at.cycle, 'plan');
  const { row } = await changeCycle(deps, at, (current) =>
    current.planGate === id || current.end !== undefined ? undefined : { ...current, planGate: id },
  );
  if (row.end !== undefined) return goOn(deps, at.token);
  const plan = await readStoredPlan(deps, cycle);
  const lines = plan.actions.map(
    ({ id: number, priority, owner, action }) => `${number}. [${priority}] ${owner}: ${action.slice(0, 120)}`,
  );
  const more = lines.length > linesShown ? [`… and ${lines.length - linesShown} more`] : [];
  await ensureGate(deps, {
    id,
    run,
    cycle: at.cycle,
    kind: 'plan',
    title: `Carry out the plan of cycle ${at.cycle} (${plan.actions.length === 1 ? '1 action' : `${plan.actions.length} actions`})?`,
    summary: [...lines.slice(0, linesShown), ...more].join('\n'),
    digest: cycle.plan.sha256,
    token: at.token,
  });
  await haltIfOver(deps, at);
}

/** What was decided, and about which plan: execution takes the digest from the decision, not from the cycle. */
export async function readPlanApproval(deps: RunDeps, at: At): Promise<Planned> {
  const place = await readPlace(deps, at);
  const gate = await deps.runs.gates.get(cycleGateId(at.run, at.cycle, 'plan'));
  const isYes = gate?.status === 'APPROVED' && gate.digest === place.cycle.plan?.sha256;
  if (isYes) return toPlanned(place, place.cycle, true);
  const { row } = await changeCycle(deps, at, (cycle) =>
    cycle.stopsAs === undefined && cycle.end === undefined
      ? { ...cycle, stopsAs: endFor(gate, isStopping(place.run)) }
      : undefined,
  );
  return toPlanned(place, row, true);
}

function endFor(gate: GateRow | undefined, stopping: boolean): CycleEnd {
  if (stopping || gate?.status === 'CANCELLED') return 'StoppedByPerson';
  // A wait that broke off is no answer.
  return !gate || gate.status === 'PENDING' ? 'TimedOut' : 'RejectedByPerson';
}
