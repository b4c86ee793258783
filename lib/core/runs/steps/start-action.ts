import * as z from 'zod';
import type { ActionState } from '#contracts/cycle-row.ts';
import { handedInArchive } from '#contracts/handed-in.ts';
import { uploadKey } from '#contracts/object-keys.ts';
import type { PlannedAction } from '#contracts/plan.ts';
import { submission } from '#contracts/tools.ts';
import { actionJobId } from '../ids.ts';
import { type HandedOver, toActionPayload } from '../payloads/action-payload.ts';
import { type Place, requireAction, requireAgent } from '../place.ts';
import type { RunDeps } from '../run-deps.ts';
import { say } from '../say.ts';
import { type ActionRequest, changeAction, goOn, hasEnded, readResult, startJob } from './step-tools.ts';

/** What the actions that this one depends on have handed over, each in its author's words. */
export async function readHandedOver(
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

/** The job of the action's owner, which begins from the run's files, or from what the last revision left. */
export async function startAction(
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
