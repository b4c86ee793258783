import { appendFileSync, chmodSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, jest, test } from '@jest/globals';
import type { ScriptSource } from '../../lib/local/offline-model/script.ts';
import {
  type RunningOfflineModel,
  startOfflineModel,
} from '../../lib/local/offline-model/start-offline-model.ts';
import { buildWorker } from '../fakes/built-worker.ts';
import {
  type Interference,
  makeWorkerCloud,
  type ServedCloud,
  serveWorkerCloud,
  ticket,
  type WorkerCloud,
} from '../fakes/worker-cloud.ts';
import { startWorkerProcess, type WorkerProcess } from '../fakes/worker-process.ts';

jest.setTimeout(60_000);

const worker = buildWorker();
/** Outside every workspace: what was done here was done for good. */
const outside = mkdtempSync(join(tmpdir(), 'muster-effects-'));
chmodSync(outside, 0o777);
const table: string[] = [];

let model: RunningOfflineModel | undefined;
let served: ServedCloud | undefined;
afterEach(async () => {
  await served?.close();
  await model?.close();
});
afterAll(() => {
  worker.remove();
  rmSync(outside, { recursive: true });
  for (const left of globSync(join(tmpdir(), 'muster-job-000*')))
    rmSync(left, { recursive: true, force: true });
  process.stdout.write(`${table.join('\n')}\n`);
});

type Rule = ScriptSource['rules'][number];

/** Writes a file, does something that cannot be taken back, and hands in. */
function makeScript(effects: string, hang: boolean): ScriptSource {
  const hangOnce: Rule = {
    name: 'hangs',
    when: { turn: 2 },
    times: 1,
    fault: { kind: 'hang', afterDeltas: 0 },
  };
  const use = (name: string, input: Record<string, unknown>) => ({
    blocks: [{ type: 'tool_use' as const, name, input }],
  });
  const submission = { summary: 'Done.', evidence: [], confidence: 1, limitations: [] };
  return {
    rules: [
      ...(hang ? [hangOnce] : []),
      { name: 'writes', when: { turn: 1 }, answer: use('write_file', { path: 'a.txt', content: 'a' }) },
      {
        name: 'acts',
        when: { turn: 2 },
        answer: use('bash', { command: `echo done >> ${effects}; cp a.txt b.txt; sleep 0.2` }),
      },
      { name: 'hands in', answer: use('submit_result', submission) },
    ],
  };
}

interface Death {
  at: string;
  /** Of the calls with this name, which one, and what becomes of it. */
  call: string;
  nth: number;
  how: Exclude<Interference, undefined> | 'after';
  /** How often the tool that cannot be repeated may have run: what is unknown may not have. */
  effects: number[];
}

const deaths: Death[] = [
  { at: 'before the first reservation', call: 'turn', nth: 1, how: 'hang', effects: [1] },
  { at: 'after it, unanswered', call: 'turn', nth: 1, how: 'lost', effects: [1] },
  { at: 'while a turn is recorded', call: 'turn', nth: 2, how: 'hang', effects: [1] },
  { at: 'while the model writes', call: 'model', nth: 2, how: 'after', effects: [1] },
  { at: 'before a turn with a tool is recorded', call: 'turn', nth: 4, how: 'hang', effects: [1] },
  { at: 'after it, before the tool', call: 'turn', nth: 4, how: 'lost', effects: [0] },
  { at: 'while a tool runs', call: 'tool', nth: 1, how: 'after', effects: [1] },
  { at: 'while the workspace is stored', call: 'put workspace', nth: 2, how: 'hang', effects: [1] },
  { at: 'before results are recorded', call: 'turn', nth: 5, how: 'hang', effects: [1] },
  { at: 'after that', call: 'turn', nth: 5, how: 'lost', effects: [1] },
  { at: 'before the result is stored', call: 'put result', nth: 1, how: 'hang', effects: [1] },
  { at: 'before the outcome is recorded', call: 'finish', nth: 1, how: 'hang', effects: [1] },
];

test.each(deaths)('kill -9 $at: the next worker goes on [A9]', async ({ at, call, nth, how, effects }) => {
  const file = join(outside, `${deaths.findIndex((death) => death.at === at)}`);
  appendFileSync(file, '');
  chmodSync(file, 0o666);
  model = await startOfflineModel({ script: makeScript(file, call === 'model'), deltaMs: 0 });
  const cloud = makeWorkerCloud({ keys: { anthropic: { apiKey: 'sk-ant-canary-1', baseUrl: model.url } } });
  const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
  let seen = 0;
  let armed = true;
  served = await serveWorkerCloud(cloud, (what) => {
    if (!armed || !what.startsWith(call) || ++seen !== nth || how === 'after') return undefined;
    setTimeout(reach, how === 'lost' ? 50 : 0);
    return how;
  });
  const { id } = await cloud.submit({ type: 'agent', payload: { prompt: 'Act.' } });
  const first = await start(cloud, id, served.url);
  if (call === 'model') await until(() => (model?.requests.length ?? 0) >= nth);
  else if (call === 'tool') await until(() => readFileSync(file, 'utf8') !== '');
  else await reached;
  first.kill('SIGKILL');
  await first.exit;
  armed = false;
  const asked = model.requests.length;
  const { code, stdout } = await (await start(cloud, id, served.url)).exit;
  const row = await cloud.row(id);
  expect([code, row.status]).toEqual([0, 'SUCCEEDED']);
  const times = readFileSync(file, 'utf8').split('\n').length - 1;
  expect(effects).toContain(times);
  const turns = (await cloud.deps.ledger.entries(id)).map(({ key }) => key.split('/')[2] ?? '');
  expect(new Set(turns).size).toBe(turns.length);
  expect(stdout).not.toContain('canary');
  table.push(
    `kill -9 ${at.padEnd(40)} tool ran ${times}×  turns paid ${turns.sort().join(',')}  model asked ${asked}+${model.requests.length - asked}×  ${row.status}`,
  );
});

test('SIGTERM while a tool runs: what was done is recorded, and the job is given back [A9]', async () => {
  const file = join(outside, 'sigterm');
  appendFileSync(file, '');
  chmodSync(file, 0o666);
  model = await startOfflineModel({ script: makeScript(file, false), deltaMs: 0 });
  const cloud = makeWorkerCloud({ keys: { anthropic: { apiKey: 'sk-ant-canary-1', baseUrl: model.url } } });
  served = await serveWorkerCloud(cloud);
  const { id } = await cloud.submit({ type: 'agent', payload: { prompt: 'Act.' } });
  const first = await start(cloud, id, served.url);
  await until(() => readFileSync(file, 'utf8') !== '');
  first.kill('SIGTERM');
  expect(await first.exit).toMatchObject({ code: 0 });
  expect(await cloud.row(id)).toMatchObject({
    status: 'QUEUED',
    interruptions: 1,
    failures: 0,
    reservations: [],
  });
  expect((await cloud.row(id)).checkpoint?.workspace).toBeDefined();
  await (await start(cloud, id, served.url)).exit;
  expect(await cloud.row(id)).toMatchObject({ status: 'SUCCEEDED', attempt: 2 });
  expect(readFileSync(file, 'utf8')).toBe('done\n');
});

async function start(cloud: WorkerCloud, id: string, url: string): Promise<WorkerProcess> {
  const attempt = await cloud.assign(id);
  const own = { JOB_ID: id, MUSTER_ATTEMPT: String(attempt), MUSTER_TICKET: ticket, MUSTER_UNSANDBOXED: '1' };
  return startWorkerProcess(url, own, worker.main);
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 5));
}
