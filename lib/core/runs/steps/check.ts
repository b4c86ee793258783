import type { ActionState } from '#contracts/cycle-row.ts';
import type { JobRow } from '#contracts/job-row.ts';
import { agentResult } from '#contracts/job-view.ts';
import { attemptPrefix } from '#contracts/object-keys.ts';
import { actionReview, type VerdictSubmission } from '#contracts/review.ts';
import { chooseReviewer } from '#core/teams/choose-reviewer.ts';
import { actionJobId, checkJobId } from '../ids.ts';
import { toReviewPayload } from '../payloads/review-payload.ts';
import { readPlace, requireAction, requireAgent } from '../place.ts';
import { readStoredPlan, requirePlanned } from '../read-plan.ts';
import type { RunDeps } from '../run-deps.ts';
import { say } from '../say.ts';
import {
  type ActionRequest,
  changeAction,
  goOn,
  hasEnded,
  isOver,
  readResult,
  startJob,
} from './step-tools.ts';

type Archive = NonNullable<ActionState['base']>;

/** Somebody who did not do the work looks at what it left, after the checks have been run by Muster itself. */
export async function check(deps: RunDeps, asked: ActionRequest): Promise<void> {
  const place = await readPlace(deps, asked);
  const { run, cycle, team } = place;
  const state = requireAction(cycle, asked.action);
  const request = { ...asked, revision: state.revision };
  const job = await deps.store.get(actionJobId(request));
  if (isOver(place) || hasEnded(state) || job?.status !== 'SUCCEEDED') return goOn(deps, request.token);
  const result = agentResult.parse(await readResult(deps, job));
  const mine = archiveOf(job, result.workspace?.sha256);
  const id = checkJobId(request, state.checks);
  const { row, before } = await changeAction(deps, request, request.action, (action) =>
    action.jobs.includes(id) || hasEnded(action)
      ? undefined
      : { ...action, status: 'CHECKING', jobs: [...action.jobs, id], ...(mine ? { workspace: mine } : {}) },
  );
  if (hasEnded(requireAction(row, request.action))) return goOn(deps, request.token);
  const reviewer = requireAgent(team, chooseReviewer(team, state.owner));
  if (row !== before) {
    const message = `${request.action} is checked by ${reviewer.id}`;
    await say(deps, run.id, { type: 'action', message, action: request.action, status: 'CHECKING', job: id });
  }
  const action = requirePlanned(await readStoredPlan(deps, cycle), request.action);
  const base = state.base;
  const isMoved = run.workspace !== undefined && run.workspace.sha256 !== base?.sha256;
  const archives = {
    // What people have handed in to it.
    ...job.archives,
    ...(base ? { base } : {}),
    ...(isMoved && run.workspace ? { head: run.workspace } : {}),
  };
  const judgedBefore = await readVerdicts(deps, request, state);
  const files = mine ?? job.inputWorkspace ?? base;
  await startJob(deps, {
    id,
    run,
    place: { cycle: request.cycle, action: request.action, agent: reviewer.id },
    input: {
      type: 'review',
      payload: toReviewPayload(place, reviewer, { action, state, result, judgedBefore }),
    },
    token: request.token,
    ...(files ? { inputWorkspace: files } : {}),
    ...(Object.keys(archives).length > 0 ? { archives } : {}),
    request: { priority: action.priority, timeoutSeconds: reviewer.timeoutSeconds },
  });
}

/** Of the check before this one, whose files others were faster to change: its reviewer need not be asked again. */
async function readVerdicts(
  deps: RunDeps,
  request: ActionRequest,
  { checks }: ActionState,
): Promise<VerdictSubmission | undefined> {
  if (checks === 0) return undefined;
  const job = await deps.store.get(checkJobId(request, checks - 1));
  const review = actionReview.safeParse(await readResult(deps, job));
  if (!review.success || review.data.outcome !== 'met') return undefined;
  const verdicts = review.data.verdicts.map(({ criterion, verdict, evidence }) => ({
    ...{ criterion, verdict, evidence },
  }));
  return { verdicts, findings: review.data.findings };
}

/** Where a job's own files lie, if it changed any. */
export function archiveOf({ project, id, attempt }: JobRow, sha256: string | undefined): Archive | undefined {
  if (sha256 === undefined) return undefined;
  return { key: `${attemptPrefix(project, id, attempt)}artifacts/workspace.tar.zst`, sha256 };
}
