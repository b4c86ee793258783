import type { JobRow } from '#contracts/job-row.ts';
import type { PlannedAction } from '#contracts/plan.ts';
import { fastDigest } from './fast-digest.ts';
import type { Rng } from './rng.ts';
import type { Outcome, WorkPlace } from './work.ts';

export const runTypes: readonly string[] = ['meeting', 'action', 'review'];

const usage = { inputTokens: 10, outputTokens: 5, cacheReadTokens: 0, cacheWriteTokens: 0 };
const work = { model: 'claude-sonnet-5-5', usage, costUsd: 0 };
const archive = 'artifacts/workspace.tar.zst';

/** What a workspace holds, as far as anybody here asks: what it was made of. */
export interface SimWorkspace {
  job: string;
  nonce: string;
  parents: string[];
}

/** The result document that the job's worker hands in, as chance has it. */
export async function writeRunResult(place: WorkPlace): Promise<Outcome> {
  const { world, task, control } = place;
  const row = world.store.rows.get(task.jobId);
  if (!row) throw new Error(`there is no job ${task.jobId}`);
  const document = await documentOf(place, row);
  const body = JSON.stringify(document);
  const result = { sha256: fastDigest.sha256(body), bytes: new TextEncoder().encode(body).length };
  await control.upload('result.json', body, result);
  return { outcome: { kind: 'succeeded', result } };
}

async function documentOf(place: WorkPlace, row: JobRow): Promise<unknown> {
  const { chance } = place.world;
  if (row.type === 'meeting') return place.world.rhythm ? idleMeetingOf(chance) : meetingOf(chance);
  if (row.type === 'action') return actionOf(place, row);
  return row.run?.action === undefined ? cycleReviewOf(chance) : reviewOf(place, row);
}

const kinds = [
  ['backend', 'coder'],
  ['outage', 'coder'],
  ['docs', 'writer'],
  ['go_live', 'user'],
] as const;

function meetingOf(chance: Rng) {
  const outcome = chance.chance(0.88) ? 'converged' : chance.pick(['deadlocked', 'out_of_budget'] as const);
  const decision = chance.chance(0.94) ? 'go' : 'no_go';
  const actions = Array.from({ length: chance.int(1, 4) }, (_, index) => planAction(chance, index + 1));
  return {
    meetingId: 'meeting_20261120_100000',
    outcome,
    ...(outcome === 'converged' ? { decision } : {}),
    quorum: 2,
    votes: [],
    spoken: [],
    summary: 'We have met.',
    decisions: [],
    // Once in a while a plan that nobody could carry out.
    actions: chance.chance(0.03) ? [{ ...actions[0], owner: 'nobody' }] : actions,
    positions: [],
    models: {},
    costUsd: 0,
  };
}

/** Of a team that runs for a day: sometimes nothing is to be done, and no action is a person's. */
function idleMeetingOf(chance: Rng) {
  const meeting = meetingOf(chance);
  const isIdle = chance.chance(0.3);
  const own = meeting.actions.map((action) =>
    action.owner === 'user' ? { ...action, kind: 'docs', owner: 'writer' } : action,
  );
  // Which would be the end of the day.
  const outcome = meeting.outcome === 'out_of_budget' ? 'deadlocked' : meeting.outcome;
  return { ...meeting, outcome, actions: isIdle ? [] : own };
}

function planAction(chance: Rng, id: number): Partial<PlannedAction> {
  const [kind, owner] = chance.pick<readonly [string, string]>(kinds);
  const parents = Array.from({ length: id - 1 }, (_, index) => index + 1);
  return {
    id,
    action: `Carry out the part of the work that has the number ${id}.`,
    kind,
    owner,
    priority: chance.pick(['high', 'medium', 'low']),
    estimatedDuration: '5min',
    successCriteria: ['It is done.'],
    dependsOn: parents.filter(() => chance.chance(0.35)),
  };
}

async function actionOf(place: WorkPlace, row: JobRow) {
  const { chance } = place.world;
  const parents = row.inputWorkspace ? [row.inputWorkspace.sha256] : [];
  // The files of a day would be a graph that is walked anew at every merge.
  const isChanged = !place.world.rhythm && chance.chance(0.8);
  const changed = isChanged ? await store(place, { job: row.id, parents }) : undefined;
  return {
    summary: 'I have done it.',
    evidence: [],
    confidence: 0.9,
    limitations: [],
    turns: 1,
    files: [],
    ...(changed ? { workspace: { name: archive, ...changed } } : {}),
    ...work,
  };
}

async function reviewOf(place: WorkPlace, row: JobRow) {
  const { chance } = place.world;
  const { base, head } = row.archives ?? {};
  const mine = row.inputWorkspace;
  const isChanged = mine !== undefined && mine.sha256 !== base?.sha256;
  const isConflict = isChanged && head !== undefined && chance.chance(0.2);
  const judged = chance.chance(0.65) ? 'met' : chance.pick(['not_met', 'cannot_tell'] as const);
  const outcome = isConflict ? 'not_met' : judged;
  const parents = [mine, head].flatMap((each) => (each ? [each.sha256] : []));
  const merged = isChanged && !isConflict ? await store(place, { job: row.id, parents }) : undefined;
  return {
    subject: 'action',
    outcome,
    verdicts: [{ criterion: 'It is done.', verdict: outcome, evidence: 'I have looked.', byCheck: false }],
    checks: [],
    findings: outcome === 'met' ? [] : ['It is not done.'],
    restored: [],
    conflicts: isConflict ? ['file.ts'] : [],
    ...(merged ? { workspace: merged } : {}),
    ...work,
  };
}

function cycleReviewOf(chance: Rng) {
  return {
    subject: 'cycle',
    objectiveAchieved: chance.chance(0.2),
    summary: 'The cycle is over.',
    lessons: [],
    ...(chance.chance(0.3) ? { memory: `What we know: ${chance.hex(2)}` } : {}),
    ...work,
  };
}

async function store(
  { world, control }: WorkPlace,
  content: Omit<SimWorkspace, 'nonce'>,
): Promise<{ sha256: string; bytes: number }> {
  const body = JSON.stringify({ ...content, nonce: world.chance.hex(8) } satisfies SimWorkspace);
  const stored = { sha256: fastDigest.sha256(body), bytes: body.length };
  await control.upload(archive, body, stored);
  return stored;
}
