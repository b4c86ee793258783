import { type CycleRow, cycleRow } from '#contracts/cycle-row.ts';
import type { GateRow } from '#contracts/gate.ts';
import type { JobRow } from '#contracts/job-row.ts';
import { agentResult } from '#contracts/job-view.ts';
import { cyclePrefix, planKey, resultKey } from '#contracts/object-keys.ts';
import { meetingResult, plan } from '#contracts/plan.ts';
import { actionReview, cycleReview } from '#contracts/review.ts';
import { type RunRow, runRow } from '#contracts/run-row.ts';
import type { Place } from '#core/runs/place.ts';
import { documentWith } from './a-team.ts';
import { makeRow } from './job-rows.ts';
import { makeMemoryDeps } from './memory-deps.ts';

export const openedMs = Date.parse('2026-11-20T10:00:00Z');
export const runId = 'run-0123456789abcdef';
const minute = 60_000;
const usage = { inputTokens: 1_000, outputTokens: 500, cacheReadTokens: 8_000, cacheWriteTokens: 500 };
const work = { model: 'claude-haiku-5-5', usage, costUsd: 0.01 };
const hex = (digit: string) => digit.repeat(64);

const plannedActions = [
  {
    id: 1,
    action: 'Mend the sum of the basket so that every line counts.',
    kind: 'backend',
    owner: 'coder',
    priority: 'high',
    estimatedDuration: '5min',
    successCriteria: ['All tests pass.'],
    checks: [{ criterion: 'All tests pass.', tool: 'run_tests', args: { folder: 'test' } }],
  },
  {
    id: 2,
    action: 'Write down how the sum is made.',
    kind: 'docs',
    owner: 'writer',
    priority: 'medium',
    estimatedDuration: '10min',
    successCriteria: ['The page names rounding.'],
    dependsOn: [1],
  },
  {
    id: 3,
    action: 'Decide whether the new sum goes live.',
    kind: 'go_live',
    owner: 'user',
    priority: 'low',
    estimatedDuration: '1d',
    successCriteria: ['There is a yes or a no.'],
    dependsOn: [1],
  },
];

const statement = (agent: string, round: number, text: string) => ({
  ...{ agent, round, statement: text, vote: 'go', voteReason: `${agent} finds it worth doing.` },
  proposals: [`${agent} proposes to mend the sum.`],
  objections: agent === 'writer' ? ['Nobody has said what rounding is right.'] : [],
});

const meeting = {
  meetingId: 'meeting_20261120_100000',
  outcome: 'converged',
  decision: 'go',
  quorum: 2,
  votes: ['lead', 'coder', 'writer'].map((agent) => ({ agent, vote: 'go', reason: `${agent} agrees.` })),
  spoken: [
    statement('lead', 1, 'The tests of the basket fail since Monday.'),
    statement('coder', 1, 'The loop leaves out the last line.\nI can mend it.'),
    statement('writer', 2, 'Then the page has to say how it is rounded.'),
  ],
  silent: [{ agent: 'coder', round: 2, because: 'no valid answer after 3 tries' }],
  summary: 'We mend the sum, then write it down.',
  decisions: [{ decision: 'The sum is mended first.', reason: 'All else builds on it.', by: ['lead'] }],
  actions: plannedActions,
  positions: [{ position: 'Rounding can wait.', heldBy: ['coder'] }],
  wouldResolve: 'A word of the accountant.',
  models: { lead: 'claude-opus-5-5', coder: 'gpt-6.2-sol', writer: 'claude-haiku-5-5' },
  costUsd: 0.1,
};

const verdictOf = (criterion: string, verdict: string, evidence: string) => ({
  ...{ criterion, verdict, evidence },
  byCheck: true,
});
const reviewOf = (outcome: string, ok: boolean, evidence: string) => ({
  subject: 'action',
  outcome,
  verdicts: [verdictOf('All tests pass.', outcome, evidence)],
  checks: [
    {
      ...{ criterion: 'All tests pass.', tool: 'run_tests', args: { folder: 'test' } },
      ...{ ok, exitCode: ok ? 0 : 1, output: `${evidence}\n# pass 11`, milliseconds: 840 },
    },
  ],
  findings: ok ? [] : ['The last line is left out.'],
  restored: ok ? [] : ['test/sum.test.js'],
  conflicts: ok ? [] : ['lib/round.js'],
  ...work,
});

const handedIn = {
  ...{ summary: 'I have mended the loop.', confidence: 0.9, turns: 4 },
  evidence: [{ criterion: 'All tests pass.', check: 'node --test', output: '# fail 0' }],
  limitations: ['Not tried with a million lines.'],
  files: [{ path: 'lib/sum.js', change: 'modified', bytes: 812 }],
  ...work,
};

const finalReview = {
  subject: 'cycle',
  objectiveAchieved: false,
  summary: 'The sum is right; the page is missing.',
  topics: [{ topic: 'architecture', verdict: 'met', because: 'Nothing was added.' }],
  lessons: ['Ask the accountant about rounding first.'],
  ...work,
};

/** As a page has them: what a test changes about the texts, everywhere. */
export interface ClosedCycleOptions {
  offline?: boolean;
  cycle?: Partial<CycleRow>;
  run?: Partial<RunRow>;
}

interface NewJob {
  id: string;
  type: JobRow['type'];
  agent: string;
  action?: number;
  /** Since the cycle was opened. */
  minutes: readonly [number, number];
  result?: unknown;
  status?: JobRow['status'];
}

/** A cycle that has just been closed, with everything that it left: a mended action, a failed one, a person's no. */
export async function makeClosedCycle(options: ClosedCycleOptions = {}) {
  const deps = makeMemoryDeps();
  const gates = new Map([[`${runId}-c1-a3-r0-task`, gate]]);
  const offline = options.offline ? { offline: true as const } : {};
  const jobs: NewJob[] = [
    { id: 'meet', type: 'meeting', agent: 'lead', minutes: [0, 2], result: { ...meeting, ...offline } },
    { id: 'a1-r0-do', type: 'action', agent: 'coder', action: 1, minutes: [2, 4], result: handedIn },
    {
      ...{ id: 'a1-r0-check', type: 'review', agent: 'lead', action: 1, minutes: [4, 5] },
      result: reviewOf('not_met', false, 'not ok 3 - counts the last line'),
    },
    {
      id: 'a1-r1-do',
      type: 'action',
      agent: 'coder',
      action: 1,
      minutes: [5, 6],
      result: { ...handedIn, ...offline },
    },
    {
      ...{ id: 'a1-r1-check', type: 'review', agent: 'lead', action: 1, minutes: [6, 7] },
      result: reviewOf('met', true, 'ok 3 - counts the last line'),
    },
    { id: 'a2-r0-do', type: 'action', agent: 'writer', action: 2, minutes: [7, 8], status: 'FAILED' },
    { id: 'review', type: 'review', agent: 'lead', minutes: [9, 10], result: finalReview },
  ];
  for (const job of jobs) await addJob(deps, job, options.offline === true);
  const planText = JSON.stringify(
    plan.parse({
      ...{ v: 1, run: runId, cycle: 1, meetingId: meeting.meetingId, objective: 'Mend it.' },
      ...{ decisions: [], actions: plannedActions },
    }),
  );
  await deps.objects.put(planKey('default', hex('a')), planText);
  const prefix = cyclePrefix('default', runId, 1);
  await deps.objects.put(`${prefix}planning/transcript.md`, '# Meeting\n');
  await sayTools(deps);
  const document = documentWith();
  const place: Place = {
    run: { ...run, ...options.run },
    cycle: { ...cycle, ...options.cycle },
    document,
    team: document.team,
  };
  return {
    deps: {
      ...deps,
      runs: {
        gates: { get: async (id: string) => gates.get(id) },
        recoveries: { get: async () => undefined },
      },
    },
    place,
    fileOf: (path: string) => deps.objects.stored.get(`${prefix}${path}`)?.body ?? '',
  };
}

type MemoryDeps = ReturnType<typeof makeMemoryDeps>;

async function addJob(deps: MemoryDeps, job: NewJob, offline: boolean): Promise<void> {
  const id = `${runId}-c1-${job.id}`;
  const [from, to] = job.minutes;
  const key = resultKey('default', id, 1);
  const row = makeRow({
    id,
    type: job.type,
    status: job.status ?? 'SUCCEEDED',
    attempt: 1,
    startedAtMs: openedMs + from * minute,
    endedAtMs: openedMs + to * minute,
    spentMicroUsd: 12_000,
    ...(offline ? { offline: true } : {}),
    run: {
      id: runId,
      cycle: 1,
      agent: job.agent,
      budgetMicroUsd: 10_000_000,
      ...(job.action && { action: job.action }),
    },
    ...(job.result === undefined ? {} : { result: { key, sha256: hex('b'), bytes: 1 } }),
  });
  await deps.store.create(row);
  if (job.result !== undefined) await deps.objects.put(key, JSON.stringify(checked(job)));
  const said = job.type === 'meeting' ? Object.entries(meeting.models) : [[job.agent, modelOf(job.agent)]];
  for (const [agent = '', model = ''] of said)
    await deps.ledger.put({
      ...{ jobId: id, project: 'default', model, usage, microUsd: 4_000, atMs: openedMs },
      key: job.type === 'meeting' ? `1/${agent.replaceAll('_', '-')}/1` : '1/main/1',
    });
}

function modelOf(agent: string): string {
  return (meeting.models as Record<string, string>)[agent] ?? 'claude-haiku-5-5';
}

/** So that the fake is what workers write. */
function checked({ type, id, result }: NewJob): unknown {
  if (type === 'meeting') return meetingResult.parse(result);
  if (type === 'action') return agentResult.parse(result);
  return id === 'review' ? cycleReview.parse(result) : actionReview.parse(result);
}

async function sayTools({ events }: MemoryDeps): Promise<void> {
  const call = { tool: 'bash', id: 'call-1' };
  const first = `${runId}-c1-a1-r0-do`;
  await events.append(first, 1, 1, [
    { atMs: openedMs, type: 'tool_start', ...call, summary: 'node --test' },
    { atMs: openedMs + 420, type: 'tool_end', ...call, summary: 'exit code 1', ok: false, milliseconds: 420 },
  ]);
  await events.append(first, 2, 1, [
    { atMs: openedMs + 900, type: 'tool_start', ...call, summary: 'node --test again' },
  ]);
  await events.append(`${runId}-c1-a1-r0-check`, 1, 1, [
    { atMs: openedMs + 999, type: 'tool_start', tool: 'read_file', id: 'call-9', summary: 'lib/sum.js' },
    {
      ...{ atMs: openedMs + 1_000, type: 'tool_end', tool: 'read_file', id: 'call-9' },
      ...{ summary: '12 lines', ok: true, milliseconds: 1 },
    },
  ]);
}

const run = runRow.parse({
  schemaVersion: 1,
  version: 3,
  id: runId,
  status: 'RUNNING',
  project: 'default',
  callerArn: 'arn:aws:iam::1:role/Client',
  requestSha256: hex('c'),
  traceparent: '00-0-0-00',
  team: 'small',
  teamKey: 'projects/default/inputs/team.json',
  teamSha256: hex('d'),
  models: {},
  objective: 'The sum of the basket is right.\nEvery line of it counts.',
  context: { files: [], constraints: [], referenceDocs: [] },
  learnsFrom: [],
  maxCycles: 2,
  approvals: { plan: false, release: false, kinds: [], expiresHours: 72, own: true },
  budgetMicroUsd: 10_000_000,
  costMicroUsd: 0,
  createdAtMs: openedMs,
  updatedAtMs: openedMs,
  cycle: 1,
  executionName: 'small-mend',
  waitsFor: [],
  outbox: {},
});

const job = (end: string) => `${runId}-c1-${end}`;
const cycle = cycleRow.parse({
  schemaVersion: 1,
  version: 9,
  run: runId,
  cycle: 1,
  meetingId: meeting.meetingId,
  startedAtMs: openedMs,
  endedAtMs: openedMs + 11 * minute,
  updatedAtMs: openedMs + 11 * minute,
  planningJob: job('meet'),
  reviewJob: job('review'),
  outcome: 'converged',
  decision: 'go',
  plan: { key: planKey('default', hex('a')), sha256: hex('a') },
  end: 'ActionsFailed',
  objectiveAchieved: false,
  costMicroUsd: 84_000,
  actions: [
    {
      ...{
        id: 1,
        title: plannedActions[0]?.action,
        owner: 'coder',
        kind: 'backend',
        priority: 'high',
        wave: 0,
      },
      ...{ dependsOn: [], status: 'DONE', revision: 1, checks: 0, costMicroUsd: 48_000 },
      jobs: ['a1-r0-do', 'a1-r0-check', 'a1-r1-do', 'a1-r1-check'].map(job),
      ...{ startedAtMs: openedMs + 2 * minute, endedAtMs: openedMs + 7 * minute },
      reason: 'all 1 criteria are met',
      verdicts: { 'All tests pass.': 'met' },
    },
    {
      ...{
        id: 2,
        title: plannedActions[1]?.action,
        owner: 'writer',
        kind: 'docs',
        priority: 'medium',
        wave: 1,
      },
      ...{ dependsOn: [1], status: 'FAILED', revision: 0, checks: 0, costMicroUsd: 12_000 },
      jobs: [job('a2-r0-do')],
      ...{ startedAtMs: openedMs + 7 * minute, endedAtMs: openedMs + 8 * minute },
      reason: 'it ended FAILED (provider_refused: the model refused to answer)',
    },
    {
      ...{
        id: 3,
        title: plannedActions[2]?.action,
        owner: 'user',
        kind: 'go_live',
        priority: 'low',
        wave: 2,
      },
      ...{ dependsOn: [1], status: 'SKIPPED', revision: 0, checks: 0, costMicroUsd: 0, jobs: [] },
      gate: job('a3-r0-task'),
      ...{ startedAtMs: openedMs + 8 * minute, endedAtMs: openedMs + 9 * minute },
      reason: 'a person said no: Not before Friday.',
    },
  ],
});

const gate: GateRow = {
  schemaVersion: 1,
  version: 2,
  id: job('a3-r0-task'),
  run: runId,
  cycle: 1,
  project: 'default',
  team: 'small',
  kind: 'task',
  action: 3,
  title: 'Task: Decide whether the new sum goes live.',
  summary: 'The user is asked to do this.\n- There is a yes or a no.',
  digest: hex('e'),
  person: 'user',
  status: 'REJECTED',
  createdAtMs: openedMs,
  updatedAtMs: openedMs,
  expiresAtMs: openedMs + 72 * 60 * minute,
  runCallerArn: 'arn:aws:iam::1:role/Client',
  own: true,
  decidedAtMs: openedMs + 9 * minute,
  decidedBy: 'arn:aws:iam::1:role/Accountant',
  comment: 'Not before Friday.',
  outbox: {},
};
