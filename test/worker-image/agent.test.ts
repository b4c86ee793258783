import { afterAll, afterEach, expect, jest, test } from '@jest/globals';
import { readOfflineScripts } from '../../lib/local/offline-model/read-script.ts';
import {
  type RunningOfflineModel,
  startOfflineModel,
} from '../../lib/local/offline-model/start-offline-model.ts';
import { buildWorker } from '../fakes/built-worker.ts';
import { workerKey } from '../fakes/control-plane-server.ts';
import {
  makeWorkerCloud,
  type ServedCloud,
  serveWorkerCloud,
  ticket,
  type WorkerCloud,
} from '../fakes/worker-cloud.ts';
import { startWorkerProcess } from '../fakes/worker-process.ts';

jest.setTimeout(60_000);

const apiKey = 'sk-ant-canary-1234567890';
const worker = buildWorker();
afterAll(() => worker.remove());
const scripts = await readOfflineScripts();

let model: RunningOfflineModel | undefined;
let served: ServedCloud | undefined;
afterEach(async () => {
  await served?.close();
  await model?.close();
});

/** Tools under another user, as in the image, take root. */
const isRoot = process.platform === 'linux' && process.getuid?.() === 0;
const testAsRoot = isRoot ? test : test.skip;

const body = {
  type: 'agent',
  payload: { prompt: '[[script:fix-the-test]] Make the check pass.', criteria: ['The check passes'] },
};

async function begin(interfere?: Parameters<typeof serveWorkerCloud>[1]) {
  model = await startOfflineModel({ ...scripts, deltaMs: 0 });
  const keys = { anthropic: { apiKey, baseUrl: model.url } };
  const cloud = makeWorkerCloud({ keys, settings: { forceFargate: false } });
  served = await serveWorkerCloud(cloud, interfere);
  const { id } = await cloud.submit(body);
  return { cloud, id, url: served.url };
}

async function startAttempt(cloud: WorkerCloud, id: string, url: string) {
  const attempt = await cloud.assign(id);
  const overrides = { JOB_ID: id, MUSTER_ATTEMPT: String(attempt), MUSTER_TICKET: ticket };
  const mode: Record<string, string> = isRoot ? {} : { MUSTER_UNSANDBOXED: '1' };
  return startWorkerProcess(url, { ...overrides, ...mode }, worker.main);
}

async function resultOf(cloud: WorkerCloud, id: string) {
  const { result } = await cloud.row(id);
  return JSON.parse((await cloud.deps.objects.get(result?.key ?? '')) ?? 'null');
}

test('an agent writes files, runs them, mends them and hands in what it saw [A4] [A9] [E3]', async () => {
  const { cloud, id, url } = await begin();
  const { exit } = await startAttempt(cloud, id, url);
  const { code, stdout, stderr } = await exit;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const row = await cloud.row(id);
  expect(row).toMatchObject({ status: 'SUCCEEDED', reservations: [], offline: true });
  const result = await resultOf(cloud, id);
  expect(result).toMatchObject({
    evidence: [{ criterion: 'The check passes', check: 'bash check.sh', output: 'ok: 2 + 3 = 5' }],
    confidence: 0.9,
    turns: 5,
    offline: true,
    files: [
      { path: 'add.sh', change: 'added', linesAfter: 1 },
      { path: 'check.sh', change: 'added' },
    ],
    workspace: { name: 'artifacts/workspace.tar.zst' },
  });
  expect(Math.round(result.costUsd * 1_000_000)).toBe(row.spentMicroUsd);
  expect(result.usage).toEqual(row.usage);
  const turnCalls = cloud.calls.filter(({ name }) => name === 'turn');
  expect(turnCalls.length).toBeLessThanOrEqual(10);
  const everything = [
    stdout,
    stderr,
    JSON.stringify(cloud.calls),
    ...cloud.deps.objects.stored.values(),
  ].join();
  expect(everything).not.toContain(apiKey);
});

const snoop =
  'env; id -u; cat /proc/[0-9]*/environ 2>/dev/null | tr "\\0" "\\n"; cat /proc/[0-9]*/cmdline 2>/dev/null | tr "\\0" " " | grep -io canary';

testAsRoot('what a tool can see holds no ticket, session or key [A9]', async () => {
  const use = (name: string, input: Record<string, unknown>) => ({
    blocks: [{ type: 'tool_use' as const, name, input }],
  });
  const submission = { summary: 'Seen.', evidence: [], confidence: 1, limitations: [] };
  const rules = [
    { name: 'looks around', when: { turn: 1 }, answer: use('bash', { command: snoop }) },
    { name: 'hands in', answer: use('submit_result', submission) },
  ];
  model = await startOfflineModel({ script: { rules }, deltaMs: 0 });
  const cloud = makeWorkerCloud({ keys: { anthropic: { apiKey, baseUrl: model.url } } });
  served = await serveWorkerCloud(cloud);
  const { id } = await cloud.submit({ type: 'agent', payload: { prompt: 'Look around.' } });
  const { exit } = await startAttempt(cloud, id, served.url);
  expect((await exit).code).toBe(0);
  const seen = (await cloud.segments(id)).join('\n');
  expect(seen).toContain('PATH=');
  const session = String(cloud.calls.find(({ name }) => name === 'finish')?.request.session);
  expect(session).toMatch(/^[0-9a-f]{64}$/);
  for (const secret of [ticket, session, apiKey, workerKey.secretAccessKey])
    expect(seen).not.toContain(secret);
});
