import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { makeFolder, muster, removeFolder } from './harness.ts';

const id = `job-${'a'.repeat(32)}`;
const runId = 'run-0123456789abcdef';
const at = '2026-11-20T08:00:00.000Z';
const job = {
  ...{ id, type: 'echo', status: 'STOPPING', project: 'shop', priority: 'high', lane: 'fargate' },
  ...{ attempt: 1, failures: 0, maxAttempts: 3, createdAt: at, startedAt: at, timeoutSeconds: 60 },
  ...{ costUsd: 0, links: {} },
};
const run = {
  ...{
    id: runId,
    team: 'solo',
    teamSha256: 'aa',
    objective: 'Mend it.',
    project: 'shop',
    status: 'STOPPING',
  },
  ...{ cycle: 1, maxCycles: 9, waitsFor: [], models: {}, createdAt: at, costUsd: 0, budgetUsd: 1 },
  ...{ links: {}, cycles: [] },
};
const operation = {
  ...{ id: 'stop-all-1', kind: 'stop-all', status: 'RUNNING', startedAt: at, startedBy: 'somebody' },
  stillAlive: [{ worker: `${id}#1`, lane: 'fargate', since: at }],
};
const answers: Record<string, object> = {
  jobs: job,
  runs: run,
  'stop-all': operation,
  operations: operation,
};

/** An API whose workers never end. */
let server: Server;
let folder: string;
let asked = 0;

beforeAll(async () => {
  folder = makeFolder();
  server = createServer((req, res) => {
    asked++;
    const isDone = req.method === 'POST';
    res.statusCode = isDone ? 202 : 200;
    res.end(JSON.stringify(answers[req.url?.split('/')[1] ?? '']));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
  removeFolder(folder);
});

test.each([
  [['stop-all'], 'workers are stopped all the same, and none is started until: muster resume'],
  [['job', 'cancel', id], `the job is cancelled all the same. Look again: muster job show ${id}`],
  [['run', 'stop', runId], `the run is stopped all the same. Look again: muster run show ${runId}`],
])(
  'Ctrl-C while %j waits says that it is done all the same [A9]',
  async (args, said) => {
    asked = 0;
    const { code, stderr } = await muster(args, {
      cwd: folder,
      env: {
        AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
        AWS_SECRET_ACCESS_KEY: 'example',
        MUSTER_API_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      },
      // The first is the request itself, the others look whether it is over.
      interruptWhen: () => asked > 2,
    });
    expect(code).toBe(130);
    expect(stderr).toContain(said);
    expect(stderr).not.toContain('goes on');
  },
  30_000,
);
