import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { makeFolder, muster, removeFolder } from './harness.ts';

jest.setTimeout(30_000);

let server: Server;
let folder: string;

const runId = 'run-0123456789abcdef';
const later = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString();
const job = {
  ...{
    id: `job-${'a'.repeat(32)}`,
    type: 'action',
    status: 'RUNNING',
    project: 'shop',
    priority: 'high',
    lane: 'fargate',
  },
  ...{ attempt: 1, failures: 0, maxAttempts: 3, createdAt: later(-9), startedAt: later(-8) },
  ...{ timeoutSeconds: 3_600, costUsd: 0.01, links: {} },
};
const tool = (seq: number, ok: boolean) => ({
  ...{ atMs: seq, type: 'tool_end', tool: 'bash', id: `t${seq}`, summary: '', ok, milliseconds: 3 },
  ...{ attempt: 1, seq },
});
const said = (seq: number, message: string) => ({ atMs: seq * 1_000, type: 'action', message, seq });

const cycle = { cycle: 1, startedAt: later(-30), costUsd: 0, actions: [] };
const run = {
  ...{ id: runId, team: 'solo', teamSha256: 'aa', objective: 'Mend it.', project: 'shop', status: 'WAITING' },
  ...{ cycle: 2, maxCycles: 9, waitsFor: [], models: {}, createdAt: later(-30), costUsd: 0, budgetUsd: 1 },
  ...{ links: {}, nextCycleAt: later(29.5), cycles: [{ ...cycle, outcome: 'converged' }, cycle] },
};
const approval = {
  ...{ id: `${runId}-c1-plan`, run: runId, cycle: 1, project: 'shop', team: 'solo', kind: 'plan' },
  ...{ title: 'Plan of cycle 1', summary: '', digest: 'aa', status: 'PENDING', createdAt: later(-1) },
  ...{ expiresAt: later(121), onExpiry: 'Nothing is carried out.' },
};

/** What the API answers, by the path; a list of events ends once its cursor comes back. */
const answers: Record<string, (query: URLSearchParams) => object> = {
  '/health': () => ({
    ...{ status: 'ok', version: '0.1.0', caller: 'arn:aws:iam::1:role/dev', projects: '*', time: later(0) },
    workers: {
      lanes: [
        { lane: 'fargate', held: 1, limit: 6 },
        { lane: 'function', held: 0, limit: 10 },
      ],
      stopped: { by: 'arn:aws:iam::1:role/OnCall', at: later(-2) },
    },
  }),
  // The newest hundred, and others behind them; of those in the queue, one on each of two pages.
  '/jobs': (query) => {
    if (query.get('status') !== 'QUEUED') return { items: [job], cursor: 'more' };
    const isSecond = query.get('cursor') === 'second';
    const waiting = { ...job, status: 'QUEUED', startedAt: undefined, createdAt: later(isSecond ? -45 : -2) };
    return { items: [waiting], ...(isSecond ? {} : { cursor: 'second' }) };
  },
  [`/jobs/${job.id}/events`]: () => ({
    items: [tool(1, true), tool(2, false), tool(3, true)],
    cursor: 'end',
  }),
  '/runs': () => ({ items: [{ ...run, cycles: [] }] }),
  [`/runs/${runId}`]: () => run,
  [`/runs/${runId}/events`]: () => ({
    items: [said(1, 'Go: 3 actions'), said(2, 'Begun: 1')],
    cursor: 'end',
  }),
  '/usage': () => ({ items: [], by: 'project', from: '2026-11-20', to: '2026-11-20', budgets: [] }),
  '/approvals': () => ({ items: [approval] }),
};

beforeAll(async () => {
  folder = makeFolder();
  server = createServer((req, res) => {
    const { pathname, searchParams } = new URL(req.url ?? '', 'http://x');
    const isEnd = searchParams.get('after') === 'end';
    res.end(JSON.stringify(isEnd ? { items: [], cursor: 'end' } : answers[pathname]?.(searchParams)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
  removeFolder(folder);
});

function status(...more: string[]) {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const env = { AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE', AWS_SECRET_ACCESS_KEY: 'example' };
  return muster(['status', '--api', url, '--region', 'eu-central-1', ...more], { cwd: folder, env });
}

describe('muster status', () => {
  test('says what teams do: meetings, tools, workers, what waits, the last lines [B11]', async () => {
    const { code, stdout, stderr } = await status();
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^meetings +1 held in the newest 1 runs$/m);
    expect(stdout).toMatch(/^tools +2 succeeded, 1 failed, of the newest 1 agents$/m);
    expect(stdout).toMatch(/^workers +1 of 6 containers, 0 of 10 functions$/m);
    expect(stdout).toMatch(/^next +meeting in 29 min$/m);
    expect(stdout).toMatch(new RegExp(`^ {2}${runId}-c1-plan {2}Plan of cycle 1 \\(expires in 2 h\\)$`, 'm'));
    expect(stdout).toMatch(/^ {2}00:00:02 {2}Begun: 1$/m);
  });

  test('finds what waits longest in the queue, behind however many newer jobs [B11]', async () => {
    const { stdout } = await status();
    expect(stdout).toMatch(/^jobs +1 RUNNING \(of the newest 1\)$/m);
    expect(stdout).toMatch(/^queue +2 waiting, the oldest was submitted 45 min ago$/m);
  });

  test('says who has stopped everything, and how it goes on [A8]', async () => {
    expect((await status()).stdout).toMatch(
      /^stopped +everything, 2 min ago by arn:aws:iam::1:role\/OnCall; muster resume/m,
    );
  });

  test('says all of it as one document [B11]', async () => {
    const { stdout } = await status('--json');
    expect(JSON.parse(stdout)).toMatchObject({
      api: { workers: { lanes: [{ held: 1 }, { held: 0 }] } },
      queue: { waiting: 2, countedAll: true },
      team: { meetingsHeld: 1, tools: { succeeded: 2, failed: 1, ofJobs: 1 }, lastLines: [{}, {}] },
    });
  });
});
