import type { ActionState, CycleRow } from '#contracts/cycle-row.ts';
import type { JobRow } from '#contracts/job-row.ts';
import { cyclePrefix, planKey } from '#contracts/object-keys.ts';
import { type MeetingResult, meetingResult, type Plan, type PlannedAction } from '#contracts/plan.ts';
import type { CycleEnd } from '#contracts/run-states.ts';
import type { Planned } from '#contracts/steps.ts';
import { canonicalJson } from '#core/jobs/canonical-json.ts';
import { readBriefing } from '../briefing.ts';
import { changeCycle } from '../change-row.ts';
import { checkPlan } from '../check-plan.ts';
import { meetingJobId } from '../ids.ts';
import { meetingFiles } from '../meeting-files.ts';
import { toMeetingPayload } from '../payloads/meeting-payload.ts';
import { isStopping, type Place, readPlace } from '../place.ts';
import type { RunDeps } from '../run-deps.ts';
import { say } from '../say.ts';
import { toTaskDocuments } from '../task-documents.ts';
import { makeWaves } from '../waves.ts';
import { type At, goOn, isOver, readResult, startJob } from './step-tools.ts';

/** A meeting of twelve over five rounds is sixty calls of a model, and more with repairs. */
const meetingSeconds = 14_400;

/** The planning team meets: one job, which tells the machine when it is over. */
export async function plan(deps: RunDeps, at: At & { token: string }): Promise<void> {
  const place = await readPlace(deps, at);
  const { run, team } = place;
  if (isOver(place)) return goOn(deps, at.token);
  const id = meetingJobId(run.id, at.cycle);
  const { row, before } = await changeCycle(deps, at, (cycle) =>
    cycle.planningJob === id || cycle.end !== undefined ? undefined : { ...cycle, planningJob: id },
  );
  if (row.end !== undefined) return goOn(deps, at.token);
  const payload = toMeetingPayload(place, await readBriefing(deps, run, at.cycle));
  if (row !== before) {
    const who = payload.members.map((member) => member.id).join(', ');
    await say(deps, run.id, { type: 'meeting', message: `The planning team meets: ${who}`, job: id });
  }
  await startJob(deps, {
    id,
    run,
    place: { cycle: at.cycle, agent: team.planning.moderator },
    input: { type: 'meeting', payload },
    token: at.token,
    request: { priority: 'high', timeoutSeconds: meetingSeconds, ...budgetOf(run.budgetMicroUsd) },
  });
}

/** A meeting may use what the run has; the run's own cap is what ends it. */
function budgetOf(microUsd: number): { budgetUsd: number } {
  return { budgetUsd: microUsd / 1_000_000 };
}

/** Takes the meeting's result, stores the plan by its digest, and says what comes next. */
export async function readPlan(deps: RunDeps, at: At): Promise<Planned> {
  const place = await readPlace(deps, at);
  const { run, cycle } = place;
  if (cycle.outcome !== undefined || cycle.end !== undefined) return toPlanned(place, cycle);
  const job = cycle.planningJob === undefined ? undefined : await deps.store.get(cycle.planningJob);
  const result = meetingResult.safeParse(await readResult(deps, job));
  const decided = result.success
    ? await takeResult(deps, place, result.data)
    : isStopping(run)
      ? stopped('StoppedByPerson')
      : withoutResult(job);
  const { row } = await changeCycle(deps, at, (current) =>
    current.outcome === undefined && current.end === undefined ? { ...current, ...decided } : undefined,
  );
  await say(deps, run.id, { type: 'plan', message: summaryOf(row), ...(job ? { job: job.id } : {}) });
  return toPlanned(place, row);
}

type Decided = Pick<CycleRow, 'outcome' | 'decision' | 'plan' | 'stopsAs' | 'error'> & {
  actions: ActionState[];
};

function stopped(stopsAs: CycleEnd, error?: CycleRow['error']): Decided {
  return { outcome: 'failed', stopsAs, actions: [], ...(error ? { error } : {}) };
}

/** The meeting's job ended without a result that can be read. */
function withoutResult(job: JobRow | undefined): Decided {
  if (job?.status === 'CANCELLED') return stopped('StoppedByPerson');
  if (job?.status === 'TIMED_OUT') return stopped('TimedOut', job.error);
  const code = job?.error?.code;
  if (code === 'budget_exceeded' || code === 'run_budget_exceeded') return stopped('OutOfBudget', job?.error);
  const unknown = { code: 'plan_invalid' as const, message: 'the meeting left no result' };
  return stopped('MeetingFailed', job?.error ?? unknown);
}

async function takeResult(deps: RunDeps, place: Place, result: MeetingResult): Promise<Decided> {
  const { run, cycle } = place;
  const prefix = cyclePrefix(run.project, run.id, cycle.cycle);
  const files = meetingFiles(result, { cycle: cycle.cycle, atMs: cycle.startedAtMs });
  for (const { path, content, contentType } of files)
    await deps.objects.put(prefix + path, content, contentType);
  const tasks = toTaskDocuments(result.actions, run, place.team);
  await deps.objects.put(
    `${prefix}handoff/tasks.json`,
    `${JSON.stringify(tasks, null, 2)}\n`,
    'application/json',
  );
  if (result.outcome === 'out_of_budget') return { ...stopped('OutOfBudget'), outcome: 'out_of_budget' };
  if (result.outcome === 'deadlocked') return { ...stopped('MeetingDeadlocked'), outcome: 'deadlocked' };
  if (result.decision !== 'go')
    return { outcome: 'converged', decision: 'no_go', stopsAs: 'NoGo', actions: [] };
  const faults = checkPlan(result.actions, toMeetingPayload(place, ''));
  if (faults.length > 0) {
    const message = faults.map(({ path, message }) => `${path} ${message}`).join('; ');
    return stopped('MeetingFailed', { code: 'plan_invalid', message: message.slice(0, 2_000) });
  }
  return {
    outcome: 'converged',
    decision: 'go',
    plan: await storePlan(deps, place, result),
    actions: toStates(result.actions),
  };
}

async function storePlan(deps: RunDeps, { run, cycle }: Place, result: MeetingResult) {
  const { meetingId, decisions, actions } = result;
  const { objective } = run;
  const document: Plan = { v: 1, run: run.id, cycle: cycle.cycle, meetingId, objective, decisions, actions };
  const text = canonicalJson(document);
  const sha256 = deps.digest.sha256(text);
  const key = planKey(run.project, sha256);
  await deps.objects.put(key, text, 'application/json');
  return { key, sha256 };
}

const titleCharacters = 100;

function toStates(actions: readonly PlannedAction[]): ActionState[] {
  const waves = makeWaves(actions);
  return actions.map(({ id, action, owner, kind, priority, dependsOn }) => ({
    id,
    title: action.length <= titleCharacters ? action : `${action.slice(0, titleCharacters - 1)}…`,
    owner,
    kind,
    priority,
    wave: waves.findIndex((wave) => wave.actions.includes(id)),
    dependsOn,
    status: 'PENDING',
    revision: 0,
    jobs: [],
    checks: 0,
    costMicroUsd: 0,
  }));
}

/** What the machine goes on with. Titles, owners and priorities are in it so that the console shows them. */
export function toPlanned({ run, team }: Place, cycle: CycleRow, isApproved = false): Planned {
  const isDone = cycle.stopsAs !== undefined || isOver({ run, cycle });
  const waits = run.approvals.plan && !isApproved;
  const count = Math.max(0, ...cycle.actions.map(({ wave }) => wave + 1));
  const waves = Array.from({ length: count }, (_, wave) => {
    const actions = cycle.actions.filter((action) => action.wave === wave);
    return {
      name: `Wave ${wave + 1}: ${[...new Set(actions.map(({ priority }) => priority))].join(', ')}`,
      atOnce: team.execution.concurrency,
      actions: actions.map(({ title, owner, priority, id, revision }) => ({
        ...{ title, owner, priority, action: id, revision },
      })),
    };
  });
  const next = isDone ? 'close' : waits ? 'approve' : 'execute';
  return { next, outcome: cycle.stopsAs ?? cycle.outcome ?? 'failed', actions: cycle.actions.length, waves };
}

function summaryOf({ outcome, decision, stopsAs, actions, error }: CycleRow): string {
  if (decision === 'go') {
    const count = (priority: string) => actions.filter((action) => action.priority === priority).length;
    return `Go: ${actions.length === 1 ? '1 action' : `${actions.length} actions`} (${count('high')} high, ${count('medium')} medium, ${count('low')} low)`;
  }
  const why = error === undefined ? '' : `: ${error.message}`;
  return `The meeting ended ${outcome ?? 'failed'} (${stopsAs ?? decision ?? 'undecided'})${why}`;
}
