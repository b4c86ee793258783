import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { documentWith } from '../../fakes/a-team.ts';
import { type ApiCall, startFakeApi } from '../../fakes/fake-api.ts';
import { makeGateView, makeRunView, makeTeamView } from '../../fakes/run-views.ts';
import { makeFolder, muster, removeFolder } from '../harness.ts';

jest.setTimeout(60_000);

const id = 'run-0123456789abcdef';
const plan = makeGateView();
const task = makeGateView({ id: `${id}-c1-a3-r0-task`, kind: 'task', action: 3, title: 'Task: Sign it.' });
const ended = makeRunView({
  status: 'FAILED',
  outcome: 'ActionsFailed',
  waitsFor: [],
  endedAt: '2026-11-20T10:10:00.000Z',
});
const later = { expiresAt: '2026-11-20T11:00:00.000Z' };
const decided = (call: ApiCall) => ({
  ...(call.route.includes('task') ? task : plan),
  status: (call.body as { decision: string }).decision === 'approve' ? 'APPROVED' : 'REJECTED',
});

let api: Awaited<ReturnType<typeof startFakeApi>>;
let folder: string;

beforeAll(async () => {
  folder = makeFolder();
  mkdirSync(join(folder, 'project'));
  writeFileSync(join(folder, 'project/sum.js'), 'export const sum = 1;\n');
  api = await startFakeApi({
    'GET /teams/small': { ...makeTeamView(), document: documentWith() },
    'POST /uploads': (call: ApiCall, url: string) => {
      const [file] = (call.body as { files: { sha256: string }[] }).files;
      return { items: [{ sha256: file?.sha256, url: `${url}/put`, headers: {}, ...later }] };
    },
    'PUT /put': {},
    'POST /runs': makeRunView({ status: 'RUNNING', cycles: [], waitsFor: [] }),
    'GET /runs': { items: [ended] },
    [`GET /runs/${id}`]: ended,
    [`GET /runs/${id}/events`]: { items: [] },
    [`POST /runs/${id}/stop`]: { ...ended, status: 'STOPPED', outcome: 'StoppedByPerson' },
    [`GET /runs/${id}/files`]: (_: ApiCall, url: string) => ({
      items: [
        { path: 'cycles/1/report.html', url: `${url}/report`, bytes: 6, ...later },
        { path: 'cycles/2/report.html', url: `${url}/report`, bytes: 6, ...later },
        { path: 'cycles/1/../../../escaped', url: `${url}/report`, bytes: 6, ...later },
      ],
    }),
    'GET /report': Buffer.from('<html>'),
    'GET /approvals': { items: [plan, task] },
    [`GET /approvals/${plan.id}`]: plan,
    [`GET /approvals/${task.id}`]: task,
    [`POST /approvals/${plan.id}`]: decided,
    [`POST /approvals/${task.id}`]: decided,
  });
});
afterAll(() => {
  api.close();
  removeFolder(folder);
});
beforeEach(() => {
  api.calls.length = 0;
});

function run(...args: string[]) {
  const env = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret' };
  return muster(['--api', api.url, '--data', join(folder, 'none'), ...args], { cwd: folder, env });
}

describe('run start', () => {
  test('says what it costs at most and who falls back, sends the folder, then starts', async () => {
    const { code, stdout, stderr } = await run(
      'run',
      'start',
      'small',
      'Mend it.',
      '--dir',
      'project',
      '--budget',
      '2',
    );
    expect([code, stdout]).toEqual([0, `${id}\n`]);
    expect(stderr).toContain('Costs at most $2.0000, in at most 2 cycles.');
    expect(stderr).toContain('coder falls back to claude-sonnet-5-5: gpt-6.2-sol is not configured.');
    expect(stderr).toContain(`watch it: muster run watch ${id}`);
    const [put] = api.of('PUT /put');
    expect(api.of('POST /runs')[0]?.body).toEqual({
      ...{ team: 'small', objective: 'Mend it.', budgetUsd: 2 },
      workspace: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/), bytes: put?.bytes },
    });
  });

  test('asks nobody where there is nothing to reach', async () => {
    const { code, stderr } = await run('run', 'start', 'small');
    expect(code).toBe(2);
    expect(stderr).toContain('give an OBJECTIVE or a --workflow');
    expect(api.calls).toEqual([]);
  });
});

test('run watch ends with the board, the outcome and the report, and with the exit code of the run', async () => {
  const { code, stdout } = await run('run', 'watch', id);
  expect(code).toBe(7);
  expect(stdout).toContain('FAILED r1');
  expect(stdout).toContain('FAILED  ActionsFailed: Some actions failed');
  expect(stdout).toContain('report  cycles/1/report.html');
  expect(stdout).not.toContain('\u001b');
});

test('run watch --json says one document and nothing else', async () => {
  const { code, stdout, stderr } = await run('run', 'watch', id, '--json');
  expect([code, JSON.parse(stdout), stderr]).toEqual([7, ended, '']);
});

test('run list and run show tell where a run stands', async () => {
  expect((await run('run', 'list', '--status', 'failed')).stdout).toMatch(
    /run-0123456789abcdef {2}small {2}FAILED/,
  );
  expect(api.of('GET /runs')[0]?.route).toContain('status=FAILED');
  expect((await run('run', 'show', id)).stdout).toContain('cost       $0.0500 of $10.0000');
});

test('run stop waits for the end, and fails where the run had ended otherwise', async () => {
  const { code, stderr } = await run('run', 'stop', id);
  expect(code).toBe(7);
  expect(stderr).toContain('ended FAILED');
  const { code: asked, stdout } = await run('run', 'stop', id, '--no-wait');
  expect([asked, stdout]).toEqual([0, `${id} STOPPED\n`]);
});

test('run files writes what it is asked for, and nothing outside of the folder', async () => {
  const { code, stdout } = await run('run', 'files', id, '--cycle', '1', '--out', 'fetched/deep');
  expect(code).toBe(1);
  expect(readFileSync(join(folder, 'fetched/deep/cycles/1/report.html'), 'utf8')).toBe('<html>');
  expect(existsSync(join(folder, 'fetched/deep/cycles/2'))).toBe(false);
  expect(existsSync(join(folder, 'fetched/escaped'))).toBe(false);
  expect(stdout).toContain('not written: its path leads out of the folder');
});

describe('approval approve', () => {
  const posts = () => api.of('POST /approvals');

  test('decides nothing where nobody can be asked and no digest says what was seen [C2]', async () => {
    const { code, stderr } = await run('approval', 'approve', plan.id);
    expect(code).toBe(2);
    expect(stderr).toContain(`muster approval show ${plan.id}`);
    expect(posts()).toEqual([]);
  });

  test.each([
    ['too short', '3f8a0c92d1e', 2],
    ['of something else', '3f8a0c92d1e8', 5],
    ['no digest', 'three-eight-a', 2],
    ['too long', '0'.repeat(65), 2],
  ])('decides nothing with a digest that is %s', async (_, digest, expected) => {
    const { code } = await run('approval', 'approve', plan.id, '--digest', digest);
    expect([code, posts()]).toEqual([expected, []]);
  });

  test('takes the beginning of the digest, and decides about the whole of it [C2]', async () => {
    const { code, stdout } = await run(
      'approval',
      'approve',
      plan.id,
      '--digest',
      '3F8A0C92D1E7',
      '--comment',
      'Go.',
    );
    expect([code, stdout]).toEqual([0, `${plan.id} APPROVED\n`]);
    expect(posts()[0]?.body).toEqual({ decision: 'approve', digest: plan.digest, comment: 'Go.' });
  });

  test('leads to the task where something is to be done', async () => {
    const { code, stderr } = await run('approval', 'approve', task.id, '--digest', '3f8a0c92d1e7');
    expect([code, posts()]).toEqual([2, []]);
    expect(stderr).toContain(`muster task complete ${task.id} --file FOLDER`);
  });
});

test('approval list and show say what waits, for how long, and how to answer', async () => {
  expect((await run('approval', 'list')).stdout).toContain('Carry out the plan of cycle 1 (2 actions)?');
  const { stdout } = await run('approval', 'show', plan.id);
  expect(stdout).toContain('  1. [high] coder: Mend the sum.');
  expect(stdout).toContain(`muster approval approve ${plan.id} --digest 3f8a0c92d1e7`);
});

test('approval reject passes the reason on', async () => {
  const { stdout } = await run('approval', 'reject', plan.id, '--comment', 'Tests first.');
  expect(stdout).toBe(`${plan.id} REJECTED\n`);
  expect(api.of('POST')[0]?.body).toEqual({
    decision: 'reject',
    digest: plan.digest,
    comment: 'Tests first.',
  });
});

describe('task complete', () => {
  test.each([['project'], ['project/sum.js']])('hands %s in as an archive [C3]', async (file) => {
    const { code, stdout } = await run('task', 'complete', task.id, '--file', file, '--result', 'Signed.');
    expect([code, stdout]).toEqual([0, `${task.id} APPROVED\n`]);
    const [put] = api.of('PUT /put');
    expect(api.of('POST /approvals')[0]?.body).toEqual({
      ...{ decision: 'approve', digest: task.digest, result: 'Signed.' },
      files: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/), bytes: put?.bytes },
    });
  });

  test.each([
    [['task', 'complete', task.id], 'there is nothing to hand in'],
    [['task', 'complete', task.id, '--file', 'nowhere'], 'there is no file or folder nowhere'],
    [['task', 'complete', plan.id, '--result', 'x'], 'is a question, not a task'],
  ])('hands nothing in: %j', async (args, message) => {
    const { code, stderr } = await run(...args);
    expect([code, api.of('POST')]).toEqual([2, []]);
    expect(stderr).toContain(message);
  });
});
