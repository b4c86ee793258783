import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { GateView } from '../../../lib/contracts/gate.ts';
import type { RunView } from '../../../lib/contracts/run-view.ts';
import { outputs } from '../../../lib/contracts/settings.ts';
import { until } from './client.ts';
import { briskSettings, guestArn } from './harness.ts';
import { type FunctionReply, httpEvent } from './http-event.ts';
import { loadWorkshop, type RunBed, startRunBed } from './run-bed.ts';
import { objectiveOf, type Story, tell } from './stories.ts';

const exec = promisify(execFile);
const account = 'arn:aws:iam::000000000000';
const localArn = `${account}:user/local`;
const colleagueArn = `${account}:user/colleague`;
const leadArn = `${account}:user/lead`;

const settings = {
  ...briskSettings,
  access: {
    ...briskSettings.access,
    [colleagueArn]: { projects: '*' },
    [leadArn]: { projects: '*', approver: true },
  },
};

const oneText = (name: string): Story => ({
  name,
  cycles: [
    {
      actions: [
        {
          id: 1,
          owner: 'writer',
          kind: 'write',
          bash: ['echo "a text" > text.md'],
          checks: [{ tool: 'file_says', args: { path: 'text.md', text: 'a text' } }],
        },
      ],
    },
  ],
});
const names = ['careful', 'tardy', 'impartial', 'abroad', 'refused'];

let bed: RunBed;
beforeAll(async () => {
  bed = await startRunBed({ settings, modelRules: tell(names.map(oneText)) });
}, 130_000);
afterAll(() => bed?.close(), 20_000);

/** What the topics were told, as the local SNS keeps it. */
function told(): { subject?: string; message: string }[] {
  const sns = join(bed.dataDir, 'sns');
  const lines = readdirSync(sns).flatMap((name) => readFileSync(join(sns, name), 'utf8').split('\n'));
  return lines.filter(Boolean).map((line) => JSON.parse(line));
}

async function has(program: string, ...args: string[]): Promise<boolean> {
  return exec(program, args).then(
    () => true,
    () => false,
  );
}

/** As API Gateway hands it over, for principals whose keys no test can have. */
async function as(userArn: string, { id }: GateView, body: object) {
  const [name = ''] = bed.cloud.lambda.functionNames().filter((known) => known.includes('Runs'));
  const event = httpEvent({ method: 'POST', path: `/approvals/${id}`, userArn, body });
  const outcome = await bed.cloud.lambda.invoke(name, event);
  if (!outcome.ok) throw new Error(outcome.error.errorMessage);
  const { statusCode: status, body: text } = JSON.parse(outcome.payload) as FunctionReply;
  return { status, body: JSON.parse(text) };
}

const decisionOn = ({ digest }: GateView, more: object = {}) => ({ decision: 'approve', digest, ...more });

describe('a plan that waits for approval', () => {
  let gate: GateView;
  let run: RunView;
  beforeAll(async () => {
    run = await bed.story('careful', { approvals: { plan: true } });
    gate = await bed.waitsFor(run.id, '-plan');
  }, 130_000);

  const isUntouched = async () => {
    expect(await bed.gate(gate.id)).toEqual(gate);
    expect(await bed.run(run.id)).toMatchObject({ status: 'WAITING', waitsFor: [gate.id] });
  };

  test('is not approved by another digest than its own [C2]', async () => {
    const other = await bed.call(
      'POST',
      `/approvals/${gate.id}`,
      decisionOn({ ...gate, digest: 'f'.repeat(64) }),
    );
    expect(other).toMatchObject({
      status: 409,
      body: {
        code: 'digest_mismatch',
        detail: expect.stringContaining('nothing was decided'),
        remedy: `look at it again: muster approval show ${gate.id}`,
      },
    });
    expect(await bed.call('POST', `/approvals/${gate.id}`, { decision: 'approve' })).toMatchObject({
      status: 400,
    });
    await isUntouched();
  });

  test('is not approved by a worker, however it signs [C2]', async () => {
    const credentials = bed.cloud.workerCredentials;
    const byKey = await bed.call('POST', `/approvals/${gate.id}`, decisionOn(gate), { credentials });
    expect([byKey.status, byKey.body]).toEqual([403, { message: 'Forbidden' }]);
    await isUntouched();
  });

  test('is not approved by somebody who is no approver, and not shown to strangers [C2]', async () => {
    expect(await as(colleagueArn, gate, decisionOn(gate))).toMatchObject({
      status: 403,
      body: {
        code: 'forbidden',
        detail: `${colleagueArn} may not decide approvals`,
        remedy: expect.any(String),
      },
    });
    expect(await as(guestArn, gate, decisionOn(gate))).toMatchObject({
      status: 404,
      body: { code: 'not_found' },
    });
    await isUntouched();
  });

  test('takes no files and no result: it is no task', async () => {
    const reply = await bed.call('POST', `/approvals/${gate.id}`, decisionOn(gate, { result: 'Here.' }));
    expect(reply).toMatchObject({ status: 400, body: { detail: expect.stringContaining('human tasks') } });
    await isUntouched();
  });

  test('is approved once; the same again answers as before, anything else is refused [C2]', async () => {
    const first = await bed.decide(gate, { comment: 'Yes.' });
    expect(first).toMatchObject({ status: 'APPROVED', decidedBy: localArn, comment: 'Yes.' });
    expect(await bed.decide(gate, { comment: 'Yes.' })).toEqual(first);
    const refused = {
      status: 409,
      body: { code: 'approval_decided', detail: expect.stringContaining('APPROVED') },
    };
    const { digest } = gate;
    const no = { decision: 'reject', digest };
    expect(await bed.call('POST', `/approvals/${gate.id}`, no)).toMatchObject(refused);
    expect(await as(leadArn, gate, decisionOn(gate, { comment: 'Yes.' }))).toMatchObject(refused);
    expect(await bed.gate(gate.id)).toEqual(first);
    expect(await bed.ended(run.id)).toMatchObject({ status: 'SUCCEEDED', outcome: 'Done' });
  }, 130_000);
});

test('an approval that nobody gives in time counts as no, and is not given later [C2]', async () => {
  const { id } = await bed.story('tardy', { approvals: { plan: true, expiresHours: 0.001 } });
  const gate = await bed.waitsFor(id, '-plan');
  const run = await bed.ended(id);
  expect(run).toMatchObject({ outcome: 'RejectedByPerson', waitsFor: [] });
  expect(run.cycles[0]?.actions).toMatchObject([{ status: 'STOPPED', jobs: [] }]);
  const expired = await bed.gate(gate.id);
  expect(expired).toMatchObject({ status: 'EXPIRED', comment: 'nobody decided in time' });
  expect(await bed.call('POST', `/approvals/${gate.id}`, decisionOn(gate))).toMatchObject({
    status: 409,
    body: { code: 'approval_decided', detail: expect.stringContaining('EXPIRED') },
  });
  expect(await bed.gate(gate.id)).toEqual(expired);
}, 130_000);

test('a rejected plan is not carried out, and its comment is kept [C2]', async () => {
  const { id } = await bed.story('refused', { approvals: { plan: true } });
  const gate = await bed.waitsFor(id, '-plan');
  await bed.decide(gate, { decision: 'reject', comment: 'Not this week.' });
  const run = await bed.ended(id);
  expect(run).toMatchObject({ status: 'SUCCEEDED', outcome: 'RejectedByPerson' });
  expect(run.cycles[0]?.actions).toMatchObject([{ status: 'STOPPED', jobs: [] }]);
  expect(await bed.file(id, 'cycles/1/report.html')).toContain('Not this week.');
}, 130_000);

test('where the team wants somebody else, who started the run does not approve it [C2]', async () => {
  const workshop = await loadWorkshop();
  const team = { ...workshop.team, name: 'impartial', approvals: { ...workshop.team.approvals, own: false } };
  await bed.putTeam({ ...workshop, team });
  const objective = objectiveOf({ name: 'impartial' });
  const { id } = await bed.start({ team: 'impartial', objective, approvals: { release: true } });
  const gate = await bed.waitsFor(id, '-release');
  expect(await bed.call('POST', `/approvals/${gate.id}`, decisionOn(gate))).toMatchObject({
    status: 403,
    body: { code: 'forbidden', remedy: expect.stringContaining('another approver') },
  });
  expect(await bed.gate(gate.id)).toEqual(gate);
  expect(await as(leadArn, gate, decisionOn(gate))).toMatchObject({
    status: 200,
    body: { decidedBy: leadArn },
  });
  expect(await bed.ended(id)).toMatchObject({ status: 'SUCCEEDED', outcome: 'Done' });
}, 130_000);

describe('foreign clients', () => {
  let gate: GateView;
  let id: string;
  beforeAll(async () => {
    ({ id } = await bed.story('abroad', { approvals: { plan: true } }));
    gate = await bed.waitsFor(id, '-plan');
  }, 130_000);

  function environment(): Record<string, string | undefined> {
    const { accessKeyId, secretAccessKey } = bed.cloud.clientCredentials;
    return {
      PATH: process.env.PATH,
      HOME: bed.dataDir,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_REGION: bed.cloud.region,
      AWS_DEFAULT_REGION: bed.cloud.region,
      AWS_EC2_METADATA_DISABLED: 'true',
      MUSTER_API_URL: bed.cloud.url,
    };
  }

  async function states<T>(...args: string[]): Promise<T> {
    const options = ['--endpoint-url', bed.cloud.url, '--output', 'json'];
    const { stdout } = await exec('aws', ['stepfunctions', ...args, ...options], { env: environment() });
    return JSON.parse(stdout) as T;
  }

  test('the AWS CLI finds the execution, how it stands, and what has happened [A6]', async () => {
    if (!(await has('aws', '--version'))) return console.log('skipped: aws is not installed');
    const { executionArn = '' } = (await bed.run(id)).links;
    const machine = executionArn.replace(':execution:', ':stateMachine:').split(':').slice(0, 7).join(':');
    const listing = ['list-executions', '--state-machine-arn', machine, '--status-filter', 'RUNNING'];
    const { executions } = await states<{ executions: object[] }>(...listing);
    expect(executions).toMatchObject([
      { executionArn, name: expect.stringMatching(/^workshop-story-abroad-/) },
    ]);
    const described = await states<{ input: string }>('describe-execution', '--execution-arn', executionArn);
    expect(described).toMatchObject({ status: 'RUNNING', stateMachineArn: machine });
    expect(JSON.parse(described.input)).toEqual({ run: id, cycle: 1 });
    const { events } = await states<{
      events: { type: string; stateEnteredEventDetails?: { name: string } }[];
    }>(...['get-execution-history', '--execution-arn', executionArn]);
    const entered = events.flatMap(({ stateEnteredEventDetails }) => stateEnteredEventDetails?.name ?? []);
    expect(entered).toEqual(['Open', 'Planning', 'ReadPlan', 'GoOrNoGo', 'AwaitPlanApproval']);
  }, 130_000);

  test('the line of the announcement decides it, as it stands there [A10] [C2]', async () => {
    if (!(await has('curl', '--aws-sigv4', 'aws:amz', '--version')))
      return console.log('skipped: curl is too old');
    const { message = '' } = told().find((each) => each.message.includes(gate.id)) ?? {};
    const [, command = ''] = /^With curl: (.*)$/m.exec(message) ?? [];
    const { stdout } = await exec('bash', ['-c', command], { env: environment() });
    expect(JSON.parse(stdout)).toMatchObject({ id: gate.id, status: 'APPROVED', decidedBy: localArn });
    expect(await bed.ended(id)).toMatchObject({ status: 'SUCCEEDED' });
  }, 130_000);
});

test('people are told once that a project has committed four fifths of its month [C7]', async () => {
  const key = { pk: 'PROJECT#thrifty', sk: `MONTH#${new Date().toISOString().slice(0, 7)}` };
  const Item = { ...key, committedMicroUsd: 79_990_000, grants: {} };
  await bed.dynamo.send(new PutCommand({ TableName: bed.cloud.outputs[outputs.tableName], Item }));
  await bed.submit({ type: 'chat', project: 'thrifty', payload: { prompt: 'Why?' } });
  const subject = `Muster: thrifty has committed 80 % of its ${key.sk.slice(6)} budget`;
  const mails = () => told().filter((each) => each.subject === subject);
  await until('people are told', async () => mails().length > 0 || undefined);
  const month = () => bed.item(key.pk, key.sk) as Promise<{ dueAtMs?: number }>;
  await until('that is written down', async () => (await month()).dueAtMs === undefined || undefined);
  expect(mails()).toMatchObject([{ message: expect.stringContaining('of 100.00 USD. Committed is') }]);
}, 60_000);
