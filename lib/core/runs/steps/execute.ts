import type { ActionState } from '#contracts/cycle-row.ts';
import type { ActionStatus } from '#contracts/run-states.ts';
import { ownerOf } from '#core/teams/task-matrix.ts';
import { isStopping, type Place, readPlace, requireAction } from '../place.ts';
import { readStoredPlan, requirePlanned } from '../read-plan.ts';
import type { RunDeps } from '../run-deps.ts';
import { say } from '../say.ts';
import { askPerson, waitsForYes } from './ask-people.ts';
import { readHandedOver, startAction } from './start-action.ts';
import { type ActionRequest, changeAction, goOn, hasEnded } from './step-tools.ts';

/** The owner of an action does it: an agent as a job, a person as a task. Or it is said why nobody does. */
export async function execute(deps: RunDeps, asked: ActionRequest): Promise<void> {
  const place = await readPlace(deps, asked);
  const state = requireAction(place.cycle, asked.action);
  // A machine that was started anew begins with revision 0 again; the row knows better.
  const request = { ...asked, revision: Math.max(asked.revision, state.revision) };
  if (hasEnded(state)) return goOn(deps, request.token);
  const refused = reasonNotTo(place, state, request, deps.clock.nowMs());
  if (refused) {
    await endAction(deps, request, refused.status, refused.reason);
    return goOn(deps, request.token);
  }
  const plan = await readStoredPlan(deps, place.cycle);
  const action = requirePlanned(plan, request.action);
  const owner = ownerOf(place.team, action.kind);
  if (owner?.isPerson) return askPerson(deps, place, action, request);
  if (await waitsForYes(deps, place, action, request)) return;
  const handedOver = await readHandedOver(deps, place, plan.actions, state);
  await startAction(deps, place, action, request, handedOver);
}

interface Refusal {
  status: ActionStatus;
  reason: string;
}

/** In this order: whoever asked for a stop is obeyed first, and what was never begun is carried over last. */
function reasonNotTo(
  { run, cycle, team }: Place,
  state: ActionState,
  { revision }: ActionRequest,
  nowMs: number,
): Refusal | undefined {
  if (isStopping(run)) return { status: 'STOPPED', reason: 'the run was stopped' };
  if (cycle.stopsAs === 'OutOfBudget')
    return { status: 'STOPPED', reason: 'the budget of the run is used up' };
  const owner = ownerOf(team, state.kind);
  if (owner?.id !== state.owner)
    return { status: 'FAILED', reason: `${state.owner} does not own tasks of the kind ${state.kind}` };
  const missing = state.dependsOn.filter(
    (id) => cycle.actions.find((each) => each.id === id)?.status !== 'DONE',
  );
  if (missing.length > 0) {
    const which = missing.map((id) => `${id} (${cycle.actions.find((each) => each.id === id)?.status})`);
    return { status: 'SKIPPED', reason: `it depends on ${which.join(', ')}` };
  }
  const isOver = cycle.windowEndsAtMs !== undefined && cycle.windowEndsAtMs <= nowMs;
  if (isOver && revision === 0 && state.status === 'PENDING')
    return { status: 'CARRIED', reason: "the cycle's time was over before it began" };
  return undefined;
}

export async function endAction(
  deps: RunDeps,
  at: Pick<ActionRequest, 'run' | 'cycle' | 'action'>,
  status: ActionStatus,
  reason: string,
): Promise<void> {
  const { row, before } = await changeAction(deps, at, at.action, (action, nowMs) =>
    hasEnded(action) ? undefined : { ...action, status, reason, endedAtMs: nowMs },
  );
  if (row === before) return;
  const message = `${at.action} ${status.toLowerCase()}: ${reason}`;
  await say(deps, at.run, { type: 'action', message, action: at.action, status });
}
