import { expect, test } from '@jest/globals';
import { agentPayload } from '#contracts/job-request.ts';
import { actionReview, cycleReview } from '#contracts/review.ts';
import type { Snapshot } from '#core/ports/sandbox.ts';
import {
  type AttemptOptions,
  keys,
  resultOf,
  runAgentAttempt,
  type Script,
} from '../../../fakes/agent-attempt.ts';
import { MemorySandbox } from '../../../fakes/memory-sandbox.ts';
import { addReview, type GivenFiles, reviewer } from '../../../fakes/review-jobs.ts';
import { makeWorkerCloud, sha256, type WorkerCloud } from '../../../fakes/worker-cloud.ts';
import { HastyTime } from '../../../fakes/worker-time.ts';

const commandTools = [
  {
    name: 'run_tests',
    description: 'Runs the tests.',
    inputSchema: {
      type: 'object',
      properties: { file: { type: 'string' } },
      required: ['file'],
    },
    argv: ['run', '{{file}}'],
  },
];
const action = (more: Record<string, unknown> = {}) => ({
  subject: 'action',
  agent: agentPayload.parse({ ...reviewer, commandTools }),
  criteria: ['It works'],
  checks: [{ criterion: 'It works', tool: 'run_tests', args: { file: 'a' } }],
  protectedPaths: [],
  evidence: '',
  ...more,
});
const verdict = (word: string, criterion = 'It works') => ({
  name: 'submit_verdict',
  input: { verdicts: [{ criterion, verdict: word, evidence: 'Seen.' }] },
});
const bash = { name: 'bash', input: { command: 'ls' } };
const lookAndJudge: Script = (turn) => ({ calls: turn === 1 ? [bash] : [verdict('met')] });
const mine = Buffer.from(JSON.stringify([['a', Buffer.from('x').toString('base64')]]));

/** As `MemorySandbox`, and its files are gone when it is closed. */
class Box extends MemorySandbox {
  override async close(): Promise<void> {
    this.files.clear();
  }
}

/** As `Box`, and a snapshot says which files it holds. */
class Shelf extends Box {
  override async save(): Promise<Snapshot> {
    const files = [...this.files].map(([path, content]) => ({
      ...{ path, kind: 'file' as const, executable: false, bytes: content.length, sha256: sha256(content) },
    }));
    return { ...(await super.save()), files };
  }
}

const workspaceOf = (files: Record<string, string>) =>
  Buffer.from(
    JSON.stringify(Object.entries(files).map(([path, text]) => [path, Buffer.from(text).toString('base64')])),
  );

async function add(payload: unknown, files: GivenFiles = { mine }) {
  const cloud = makeWorkerCloud({ keys });
  return { cloud, id: await addReview(cloud, payload, files) };
}

function attempt({ cloud, id }: { cloud: WorkerCloud; id: string }, options: Partial<AttemptOptions> = {}) {
  const sandbox = new Box();
  sandbox.outcome = () => ({ output: 'fine', exitCode: 0 });
  return runAgentAttempt(cloud, id, { script: lookAndJudge, sandbox, ...options });
}

/** In which every check takes ten minutes. */
class SlowTime extends HastyTime {
  passedMs = 0;
  override nowMs = (): number => 1_763_632_800_000 + this.passedMs;
}

const checksIn = (sandbox: MemorySandbox) => sandbox.runs.filter((request) => 'argv' in request);

test('the reviewer gets its own tools and rules, the request, and what the checks said [E5]', async () => {
  const job = await add(action());
  const { requests } = await attempt(job);
  const review = actionReview.parse(await resultOf(job.cloud, job.id));
  expect(review).toMatchObject({
    outcome: 'met',
    checks: [{ tool: 'run_tests', args: { file: 'a' }, ok: true }],
  });
  expect(requests[0]?.tools?.map(({ name }) => name)).toEqual([
    'bash',
    'list_files',
    'read_file',
    'submit_verdict',
  ]);
  expect(requests[0]?.system).toMatch(/^You review what somebody else has done/);
  const text = JSON.stringify(requests[0]?.messages);
  expect(text).toMatch(/# Review of action 1/);
  expect(text).toContain('fine\\\\n[exit code 0');
});

test('after a merge of others the checks are run again, and the reviewer is asked only where one fails [E5]', async () => {
  const judgedBefore = {
    verdicts: [{ criterion: 'It works', verdict: 'met', evidence: 'Seen.' }],
    findings: [],
  };
  const passing = await add(action({ judgedBefore }));
  const quiet = await attempt(passing);
  expect(quiet.requests).toHaveLength(0);
  const review = actionReview.parse(await resultOf(passing.cloud, passing.id));
  expect(review).toMatchObject({ outcome: 'met', costUsd: 0, checks: [{ ok: true }] });
  expect(review.workspace).toBeDefined();

  const failing = await add(action({ judgedBefore }));
  const sandbox = new Box();
  sandbox.outcome = () => ({ output: 'broken by the others', exitCode: 1 });
  const asked = await attempt(failing, { sandbox });
  expect(asked.requests.length).toBeGreaterThan(0);
  expect(actionReview.parse(await resultOf(failing.cloud, failing.id)).outcome).toBe('not_met');
});

test('a check that several criteria share is run once', async () => {
  const criteria = ['It works', 'It still works'];
  const checks = criteria.map((criterion) => ({ criterion, tool: 'run_tests', args: { file: 'a' } }));
  const sandbox = new Box();
  const job = await add(action({ criteria, checks }));
  const both = criteria.map((criterion) => ({ criterion, verdict: 'met', evidence: 'Seen.' }));
  const script: Script = () => ({ calls: [{ name: 'submit_verdict', input: { verdicts: both } }] });
  await attempt(job, { sandbox, script });
  expect(checksIn(sandbox)).toEqual([{ argv: ['run', 'a'], timeoutMs: 120_000 }]);
  expect((await resultOf(job.cloud, job.id)).checks).toHaveLength(2);
});

const deaths = [
  ['turn.reserved', 0],
  ['turn.answered', 0],
  ['tool.started', 0],
  ['turn.reserved', 1],
  ['result.stored', 0],
] as const;

test.each(deaths)(
  'after a death at %s (%i) the review goes on, and its checks are not run again',
  async (point, after) => {
    const job = await add(action());
    const first = new Box();
    expect((await attempt(job, { sandbox: first, dieAt: { point, after } })).ending).toBe('died');
    expect(checksIn(first)).toHaveLength(1);
    const second = new Box();
    const { requests } = await attempt(job, { sandbox: second });
    expect(checksIn(second)).toEqual([]);
    expect(await job.cloud.row(job.id)).toMatchObject({ status: 'SUCCEEDED', attempt: 2 });
    const review = actionReview.parse(await resultOf(job.cloud, job.id));
    expect(review).toMatchObject({
      outcome: 'met',
      checks: [{ ok: true }],
      workspace: { bytes: mine.length },
    });
    if (point === 'result.stored') expect(requests).toEqual([]);
  },
);

test('a worker that is told to stop during a check leaves it to the next one', async () => {
  const job = await add(action());
  const sandbox = new Box();
  const stops: (() => void)[] = [];
  sandbox.outcome = () => {
    for (const stop of stops) stop();
    return {};
  };
  await attempt(job, { sandbox, onStop: (stop) => stops.push(stop) });
  expect((await job.cloud.row(job.id)).status).toBe('QUEUED');
  const next = new Box();
  await attempt(job, { sandbox: next });
  expect(checksIn(next)).toHaveLength(1);
  expect((await job.cloud.row(job.id)).status).toBe('SUCCEEDED');
});

test('what the checks have taken is not left to the reviewer', async () => {
  const time = new SlowTime();
  const sandbox = new Box();
  sandbox.outcome = () => {
    time.passedMs += 600_000;
    return {};
  };
  const job = await add(action());
  await attempt(job, { sandbox, ports: { time }, script: () => ({ calls: [verdict('met')] }) });
  expect((await job.cloud.row(job.id)).status).toBe('SUCCEEDED');
  // An hour, less the checks, less the minute that is kept for handing in.
  expect(time.sleeps).toContain(3_600_000 - 600_000 - 60_000);
});

test('nobody but the person says what a person has handed in, whoever depends on it [C3] [E5]', async () => {
  const before = { 'handed-in/2/metrics.json': 'AUC 0.71', 'notes.md': 'Begun.' };
  const after = { 'handed-in/2/metrics.json': 'AUC 0.99', 'handed-in/2/more.json': '', 'notes.md': 'Done.' };
  const job = await add(action(), { base: workspaceOf(before), mine: workspaceOf(after) });
  await attempt(job, { sandbox: new Shelf() });
  expect(await resultOf(job.cloud, job.id)).toMatchObject({
    restored: ['handed-in/2/metrics.json', 'handed-in/2/more.json'],
    findings: [expect.stringContaining('handed-in/2/metrics.json')],
  });
});

test('words that look like our findings do not become them [E5]', async () => {
  const fake = await attempt(await add(action()));
  const [first] = fake.requests[0]?.messages ?? [];
  const block = first?.content[0];
  const whole = block?.type === 'text' ? block.text : '';
  const forged = agentPayload.parse({ ...reviewer, commandTools, prompt: whole });
  const job = await add(action({ agent: forged }));
  const failing = new Box();
  failing.outcome = () => ({ output: `${whole}\n`, exitCode: 1 });
  const dieAt = { point: 'turn.reserved' as const, after: 0 };
  await attempt(job, { sandbox: failing, dieAt });
  await attempt(job);
  expect(await resultOf(job.cloud, job.id)).toMatchObject({ outcome: 'not_met', checks: [{ ok: false }] });
});

test.each([
  ['of an unknown tool', { tool: 'deploy' }, /deploy.*run_tests/],
  ['of a criterion that there is not', { criterion: 'It flies' }, /It flies/],
  ['without what it needs', { args: {} }, /\/file/],
  ['with an option in disguise', { args: { file: '--help' } }, /dash/],
])('a check %s fails the review before a model is asked', async (_, more, message) => {
  const [check] = action().checks;
  const job = await add(action({ checks: [{ ...check, ...more }] }));
  const { requests } = await attempt(job);
  const { status, error } = await job.cloud.row(job.id);
  expect([status, error?.code, requests]).toEqual(['FAILED', 'invalid_request', []]);
  expect(error?.message).toMatch(message);
});

test('without a key nothing is run', async () => {
  const cloud = makeWorkerCloud({});
  const job = { cloud, id: await addReview(cloud, action(), { mine }) };
  const sandbox = new Box();
  await attempt(job, { sandbox });
  expect(sandbox.runs).toEqual([]);
  expect((await cloud.row(job.id)).error?.code).toBe('provider_key_missing');
});

test('a reviewer that only talks is reminded once, and then the review has failed with what the checks said', async () => {
  const job = await add(action());
  const { requests } = await attempt(job, { script: () => ({ text: 'All is met.' }) });
  expect(JSON.stringify(requests[1]?.messages.at(-1))).toMatch(/call submit_verdict now/);
  expect(await job.cloud.row(job.id)).toMatchObject({ status: 'FAILED', error: { code: 'capped' } });
  expect(await resultOf(job.cloud, job.id)).toMatchObject({ outcome: 'cannot_tell', checks: [{ ok: true }] });
});

test('an action without files is reviewed without a sandbox, in the function lane too', async () => {
  const agent = agentPayload.parse({ ...reviewer, tools: ['http_get'] });
  const job = await add(action({ agent, checks: [] }), {});
  expect((await job.cloud.row(job.id)).lane).toBe('function');
  const openSandbox = async () => {
    throw new Error('there is none');
  };
  await attempt(job, { script: () => ({ calls: [verdict('met')] }), ports: { openSandbox } });
  const review = await resultOf(job.cloud, job.id);
  expect(review).toMatchObject({ outcome: 'cannot_tell', restored: [], conflicts: [] });
  expect(review.workspace).toBeUndefined();
});

test('the coordinator reviews a cycle, with a tool of its own at the end [E5]', async () => {
  const agent = agentPayload.parse({ ...reviewer, tools: ['submit_result'], prompt: '# Review of cycle 1' });
  const job = await add({ subject: 'cycle', agent }, {});
  const submission = { objectiveAchieved: false, summary: 'Half of it.', lessons: ['Test first.'] };
  const wrong = { name: 'submit_review', input: { summary: 'Half of it.' } };
  const script: Script = (turn) => ({
    calls: [turn === 1 ? wrong : { name: 'submit_review', input: submission }],
  });
  const { requests } = await attempt(job, { script });
  expect(requests[0]?.tools?.map(({ name }) => name)).toEqual(['submit_review']);
  expect(JSON.stringify(requests[1]?.messages.at(-1))).toMatch(/objectiveAchieved/);
  const row = await job.cloud.row(job.id);
  const review = cycleReview.parse(await resultOf(job.cloud, job.id));
  expect(review).toMatchObject({ subject: 'cycle', ...submission, topics: [] });
  expect(Math.round(review.costUsd * 1e6)).toBe(row.spentMicroUsd);
});

test('a cycle review without a word is a failure that names its tool', async () => {
  const agent = agentPayload.parse({ ...reviewer, tools: [], prompt: '# Review of cycle 1' });
  const job = await add({ subject: 'cycle', agent }, {});
  await attempt(job, { script: () => ({ text: 'Fine.' }) });
  const { error } = await job.cloud.row(job.id);
  expect(error).toMatchObject({ code: 'capped', message: expect.stringContaining('submit_review') });
});
