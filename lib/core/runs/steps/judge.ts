import type { ActionState } from '#contracts/cycle-row.ts';
import type { GateRow } from '#contracts/gate.ts';
import type { JobRow } from '#contracts/job-row.ts';
import { agentResult } from '#contracts/job-view.ts';
import { cyclePrefix } from '#contracts/object-keys.ts';
import { type ActionReview, actionReview } from '#contracts/review.ts';
import type { ActionStatus } from '#contracts/run-states.ts';
import type { Judged } from '#contracts/steps.ts';
import { changeCycle, changeRun } from '../change-row.ts';
import { actionJobId, checkJobId } from '../ids.ts';
import { isStopping, type Place, readPlace, requireAction } from '../place.ts';
import type { RunDeps } from '../run-deps.ts';
import { say } from '../say.ts';
import { sortChanges } from '../task-documents.ts';
import { noLongerWaits } from '../waits-for.ts';
import { archiveOf } from './check.ts';
import { endAction } from './execute.ts';
import { type ActionRequest, changeAction, costOf, hasEnded, readResult } from './step-tools.ts';

type JudgeRequest = Omit<ActionRequest, 'token'>;

/** What becomes of an action, from what its rows say. Whatever it answers, the rows have said it before. */
export async function judge(deps: RunDeps, request: JudgeRequest): Promise<Judged> {
  const place = await readPlace(deps, request);
  const state = requireAction(place.cycle, request.action);
  const next = hasEnded(state) ? 'done' : await decide(deps, place, state, request);
  const after = requireAction((await readPlace(deps, request)).cycle, request.action);
  if (next === 'done') await writeFiles(deps, place, after);
  const { title, owner, priority } = after;
  const revision = next === 'execute' && after.status === 'PENDING' ? after.revision + 1 : after.revision;
  const { run, cycle, action } = request;
  return { title, owner, priority, run, cycle, action, revision, next, outcome: after.status };
}

async function decide(
  deps: RunDeps,
  place: Place,
  state: ActionState,
  request: JudgeRequest,
): Promise<Judged['next']> {
  if (isStopping(place.run)) return end(deps, request, 'STOPPED', 'the run was stopped');
  if (state.status === 'WAITING' && state.gate !== undefined)
    return afterGate(deps, request, await deps.runs.gates.get(state.gate));
  const job = await deps.store.get(actionJobId({ ...request, revision: state.revision }));
  if (job?.status !== 'SUCCEEDED') return afterFailure(deps, request, job, 'it');
  const checked = await deps.store.get(checkJobId({ ...request, revision: state.revision }, state.checks));
  const review = actionReview.safeParse(await readResult(deps, checked));
  if (!checked || !review.success) return afterFailure(deps, request, checked, 'its check');
  return afterReview(deps, place, state, request, checked, review.data);
}

async function end(
  deps: RunDeps,
  request: JudgeRequest,
  status: ActionStatus,
  reason: string,
): Promise<'done'> {
  await countCost(deps, request);
  await endAction(deps, request, status, reason);
  return 'done';
}

async function countCost(deps: RunDeps, request: JudgeRequest): Promise<void> {
  const { cycle } = await readPlace(deps, request);
  const costMicroUsd = await costOf(deps, requireAction(cycle, request.action).jobs);
  await changeAction(deps, request, request.action, (action) =>
    action.costMicroUsd === costMicroUsd ? undefined : { ...action, costMicroUsd },
  );
}

async function afterGate(
  deps: RunDeps,
  request: JudgeRequest,
  gate: GateRow | undefined,
): Promise<Judged['next']> {
  if (gate) await noLongerWaits(deps, gate);
  if (gate?.status === 'APPROVED' && gate.kind === 'action') return 'execute';
  if (gate?.status === 'APPROVED') {
    const { files } = gate;
    if (files)
      await changeAction(deps, request, request.action, (action) =>
        action.files ? undefined : { ...action, files },
      );
    return end(deps, request, 'DONE', `done by ${gate.decidedBy ?? 'a person'}`);
  }
  const why = gate?.comment === undefined ? '' : `: ${gate.comment}`;
  return end(deps, request, 'SKIPPED', `${reasonOf(gate)}${why}`);
}

function reasonOf(gate: GateRow | undefined): string {
  if (!gate || gate.status === 'PENDING') return 'its wait broke off before anybody decided';
  return gate.status === 'EXPIRED' ? 'nobody decided in time' : 'a person said no';
}

async function afterFailure(
  deps: RunDeps,
  request: JudgeRequest,
  job: JobRow | undefined,
  what: string,
): Promise<'done'> {
  const { error } = job ?? {};
  if (error?.code === 'run_budget_exceeded')
    await changeCycle(deps, request, (cycle) =>
      cycle.stopsAs === undefined ? { ...cycle, stopsAs: 'OutOfBudget', error } : undefined,
    );
  const status = what === 'it' ? 'FAILED' : 'UNPROVEN';
  const reason = job
    ? `${what} ended ${job.status}${error ? ` (${error.code}: ${error.message})` : ''}`
    : `${what} was never begun`;
  return end(deps, request, status, reason.slice(0, 1_000));
}

async function afterReview(
  deps: RunDeps,
  place: Place,
  state: ActionState,
  request: JudgeRequest,
  checked: JobRow,
  review: ActionReview,
): Promise<Judged['next']> {
  const verdicts = Object.fromEntries(review.verdicts.map(({ criterion, verdict }) => [criterion, verdict]));
  await changeAction(deps, request, request.action, (action) =>
    hasEnded(action) ? undefined : { ...action, verdicts, findings: review.findings },
  );
  if (review.outcome === 'met') {
    if (await isMerged(deps, request, state, checked, review))
      return end(
        deps,
        request,
        'DONE',
        review.verdicts.length === 1
          ? 'its criterion is met'
          : `all ${review.verdicts.length} criteria are met`,
      );
    return checkAgain(deps, request, state);
  }
  if (review.outcome === 'not_met' && state.revision < place.team.execution.revisions)
    return reviseOnce(deps, request, state, review);
  const status = review.outcome === 'not_met' ? 'FAILED' : 'UNPROVEN';
  const open = review.verdicts.filter(({ verdict }) => verdict !== 'met');
  const reason = [
    ...review.conflicts.map((path) => `${path} was changed by others too`),
    ...open.map(({ criterion, evidence }) => `"${criterion}": ${evidence}`),
  ].join('; ');
  return end(deps, request, status, reason.slice(0, 1_000));
}

const checksAtMost = 9;

/** Another action was merged since this one was checked: what was checked is not what there would be now. */
async function checkAgain(deps: RunDeps, request: JudgeRequest, state: ActionState): Promise<Judged['next']> {
  if (state.checks >= checksAtMost)
    return end(deps, request, 'UNPROVEN', `others changed the files during ${checksAtMost} checks`);
  await changeAction(deps, request, request.action, (action) =>
    action.checks === state.checks ? { ...action, checks: state.checks + 1 } : undefined,
  );
  return 'check';
}

/** PENDING again, and its revision still the last one: `judge` answers the next, and `execute` takes it up. */
async function reviseOnce(
  deps: RunDeps,
  request: JudgeRequest,
  state: ActionState,
  review: ActionReview,
): Promise<'execute'> {
  const isInConflict = review.conflicts.length > 0;
  await changeAction(deps, request, request.action, (action) => {
    if (hasEnded(action) || action.revision !== state.revision) return undefined;
    const { workspace, ...kept } = action;
    // With a conflict it begins anew, on the files as they are now.
    return { ...kept, status: 'PENDING', ...(workspace && !isInConflict ? { workspace } : {}) };
  });
  const message = `${request.action} is to be revised: ${review.findings.join('; ')}`;
  await say(deps, request.run, { type: 'action', message, action: request.action, status: 'REVISE' });
  return 'execute';
}

/** The run's files become those that were checked, if they are still what was checked against. */
async function isMerged(
  deps: RunDeps,
  { run: id }: JudgeRequest,
  state: ActionState,
  checked: JobRow,
  { workspace }: ActionReview,
): Promise<boolean> {
  const merged = archiveOf(checked, workspace?.sha256);
  if (!merged) return true;
  const expected = (checked.archives?.head ?? state.base)?.sha256;
  const { row } = await changeRun(deps, id, (run) =>
    run.workspace?.sha256 === expected ? { ...run, workspace: merged } : undefined,
  );
  return row.workspace?.sha256 === merged.sha256;
}

/** `execution/<action>.json` and `review/<action>.json`: what people and the next meeting read. */
async function writeFiles(deps: RunDeps, { run, cycle }: Place, state: ActionState): Promise<void> {
  const prefix = cyclePrefix(run.project, run.id, cycle.cycle);
  const lastOf = (ending: RegExp) => state.jobs.findLast((id) => ending.test(id));
  const [done, checked] = [lastOf(/-do$/), lastOf(/-check[0-9]?$/)];
  const read = async (id: string | undefined) =>
    id === undefined ? undefined : readResult(deps, await deps.store.get(id));
  const result = agentResult.safeParse(await read(done));
  const review = actionReview.safeParse(await read(checked));
  const { id, title, owner, status, reason } = state;
  const execution = {
    id,
    title,
    owner,
    status,
    reason,
    job: done,
    ...(result.success ? { ...sortChanges(result.data.files), result: result.data } : {}),
  };
  await deps.objects.put(`${prefix}execution/${id}.json`, toJson(execution), 'application/json');
  if (review.success)
    await deps.objects.put(
      `${prefix}review/${id}.json`,
      toJson({ job: checked, ...review.data }),
      'application/json',
    );
}

function toJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
