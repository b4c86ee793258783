import type { PlannedAction } from '#contracts/plan.ts';
import { canonicalJson } from '#core/jobs/canonical-json.ts';
import { ownerOf } from '#core/teams/task-matrix.ts';
import { ensureGate } from '../gates.ts';
import { actionGateId } from '../ids.ts';
import { type Place, requireAction } from '../place.ts';
import type { RunDeps } from '../run-deps.ts';
import { type ActionRequest, changeAction, goOn, haltIfOver, hasEnded } from './step-tools.ts';

/** An action whose owner is a person waits as a task until they hand it in. */
export async function askPerson(
  deps: RunDeps,
  { run, team }: Place,
  action: PlannedAction,
  request: ActionRequest,
): Promise<void> {
  const id = actionGateId({ ...request, revision: 0 }, 'task');
  if (!(await isWaiting(deps, request, id))) return goOn(deps, request.token);
  const person = ownerOf(team, action.kind);
  await ensureGate(deps, {
    id,
    run,
    cycle: request.cycle,
    kind: 'task',
    action: action.id,
    title: `Task: ${action.action.slice(0, 200)}`,
    summary: [
      `${person?.title ?? 'You'} is asked to do this (planned for ${action.estimatedDuration}).`,
      'It is done when:',
      ...action.successCriteria.slice(0, 6).map((criterion) => `- ${criterion.slice(0, 200)}`),
      ...(action.expectedOutput === undefined ? [] : [`Hand in: ${action.expectedOutput.slice(0, 300)}`]),
    ].join('\n'),
    digest: digestOf(deps, action),
    ...(person ? { person: person.id } : {}),
    token: request.token,
  });
  await haltIfOver(deps, request);
}

function digestOf(deps: RunDeps, action: PlannedAction): string {
  return deps.digest.sha256(canonicalJson(action));
}

/** Some kinds of task begin only after a person has agreed; the machine comes back here when they have. */
export async function waitsForYes(
  deps: RunDeps,
  { run }: Place,
  action: PlannedAction,
  request: ActionRequest,
): Promise<boolean> {
  if (!run.approvals.kinds.includes(action.kind)) return false;
  const id = actionGateId({ ...request, revision: 0 }, 'action');
  const found = await deps.runs.gates.get(id);
  if (found?.status === 'APPROVED' && found.digest === digestOf(deps, action)) return false;
  if (!(await isWaiting(deps, request, id))) {
    await goOn(deps, request.token);
    return true;
  }
  await ensureGate(deps, {
    id,
    run,
    cycle: request.cycle,
    kind: 'action',
    action: action.id,
    title: `Let ${action.owner} do this (${action.kind})?`,
    summary: [
      action.action.slice(0, 500),
      ...action.successCriteria.slice(0, 8).map((c) => `- ${c.slice(0, 200)}`),
    ].join('\n'),
    digest: digestOf(deps, action),
    token: request.token,
  });
  await haltIfOver(deps, request);
  return true;
}

/** False where the action has ended meanwhile: then nobody needs to be asked. */
async function isWaiting(deps: RunDeps, request: ActionRequest, gate: string): Promise<boolean> {
  const { row } = await changeAction(deps, request, request.action, (action, nowMs) =>
    hasEnded(action) || (action.status === 'WAITING' && action.gate === gate)
      ? undefined
      : { ...action, status: 'WAITING', gate, startedAtMs: action.startedAtMs ?? nowMs },
  );
  return !hasEnded(requireAction(row, request.action));
}
