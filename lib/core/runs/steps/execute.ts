import * as z from 'zod';
import type { ActionState } from '#contracts/cycle-row.ts';
import { handedInArchive } from '#contracts/handed-in.ts';
import { uploadKey } from '#contracts/object-keys.ts';
import type { PlannedAction } from '#contracts/plan.ts';
import type { ActionStatus } from '#contracts/run-states.ts';
import { submission } from '#contracts/tools.ts';
import { canonicalJson } from '#core/jobs/canonical-json.ts';
import { ownerOf } from '#core/teams/task-matrix.ts';
import { ensureGate } from '../gates.ts';
import { actionGateId, actionJobId } from '../ids.ts';
import { type HandedOver, toActionPayload } from '../payloads/action-payload.ts';
import { isStopping, type Place, readPlace, requireAction, requireAgent } from '../place.ts';
import { readStoredPlan, requirePlanned } from '../read-plan.ts';
import type { RunDeps } from '../run-deps.ts';
import { say } from '../say.ts';
import { type At, changeAction, goOn, haltIfOver, hasEnded, readResult, startJob } from './step-tools.ts';

export interface ActionRequest extends At {
  action: number;
  revision: number;
  token: string;
}

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

async function askPerson(
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
async function waitsForYes(
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

/** What the actions that this one depends on have handed over, each in its author's words. */
async function readHandedOver(
  deps: RunDeps,
  { cycle }: Place,
  actions: readonly PlannedAction[],
  { dependsOn }: ActionState,
): Promise<HandedOver[]> {
  const wanted = actions.filter(({ id }) => dependsOn.includes(id));
  return Promise.all(
    wanted.map(async (action) => {
      const state = requireAction(cycle, action.id);
      return { action, state, summary: await summaryOf(deps, state) };
    }),
  );
}

/** Of a result only that is handed on. */
const summarised = z.object({ summary: submission.shape.summary });

async function summaryOf(deps: RunDeps, { jobs, gate }: ActionState): Promise<string> {
  const id = jobs.findLast((job) => job.endsWith('-do'));
  if (id !== undefined) {
    const result = await readResult(deps, await deps.store.get(id));
    const parsed = summarised.safeParse(result);
    return parsed.success ? parsed.data.summary : 'It left no summary.';
  }
  const found = gate === undefined ? undefined : await deps.runs.gates.get(gate);
  return found?.result ?? found?.comment ?? 'It was done by a person, without a word.';
}

async function startAction(
  deps: RunDeps,
  place: Place,
  action: PlannedAction,
  request: ActionRequest,
  handedOver: readonly HandedOver[],
): Promise<void> {
  const { run, team } = place;
  const id = actionJobId(request);
  const { row, before } = await changeAction(deps, request, request.action, (state, nowMs) =>
    state.jobs.includes(id) || hasEnded(state) ? undefined : begun(state, place, id, request.revision, nowMs),
  );
  const state = requireAction(row, request.action);
  if (hasEnded(state)) return goOn(deps, request.token);
  const agent = requireAgent(team, action.owner);
  const seat = run.models[agent.id]?.model ?? agent.model;
  const again = request.revision === 0 ? '' : ` (revision ${request.revision})`;
  if (row !== before) {
    const message = `${action.id} ${agent.id} begins${again} with ${seat}: ${state.title}`;
    await say(deps, run.id, { type: 'action', message, action: action.id, status: 'EXECUTING', job: id });
  }
  const files = filesOf(state, place, handedOver);
  await startJob(deps, {
    id,
    run,
    place: { cycle: request.cycle, action: action.id, agent: agent.id },
    input: { type: 'action', payload: toActionPayload(place, agent, action, state, handedOver) },
    token: request.token,
    ...(files.base ? { inputWorkspace: files.base } : {}),
    ...(Object.keys(files.archives).length > 0 ? { archives: files.archives } : {}),
    request: {
      priority: action.priority,
      timeoutSeconds: agent.timeoutSeconds,
      ...(agent.compute ? { compute: agent.compute } : {}),
      ...(agent.budgetUsd === undefined ? {} : { budgetUsd: agent.budgetUsd }),
    },
  });
}

/**
 * A revision goes on from what was handed in before, unless others have changed the same files meanwhile. Then what
 * it is compared with stays, too: against newer files, all that others have merged would look deleted by it.
 */
function begun(
  state: ActionState,
  { run }: Place,
  job: string,
  revision: number,
  nowMs: number,
): ActionState {
  const { base: _, ...kept } = state;
  const base = state.workspace ? state.base : run.workspace;
  return {
    ...kept,
    status: 'EXECUTING',
    revision,
    checks: 0,
    jobs: [...state.jobs, job],
    startedAtMs: state.startedAtMs ?? nowMs,
    ...(base ? { base } : {}),
  };
}

/** Each archive lies in a folder of its own: `handed-in/<action>/`. */
function filesOf(state: ActionState, { run }: Place, handedOver: readonly HandedOver[]) {
  const archives: Record<string, { key: string; sha256: string }> = {};
  for (const { state: other } of handedOver)
    if (other.files) {
      const { sha256 } = other.files;
      archives[handedInArchive(other.id)] = { key: uploadKey(run.project, sha256), sha256 };
    }
  return { base: state.workspace ?? state.base, archives };
}
