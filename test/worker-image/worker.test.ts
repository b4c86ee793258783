import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, expect, test } from '@jest/globals';
import { chatScript, readScript } from '../../lib/local/offline-model/read-script.ts';
import {
  type RunningOfflineModel,
  startOfflineModel,
} from '../../lib/local/offline-model/start-offline-model.ts';
import { scriptWith } from '../fakes/chat-script.ts';
import {
  type ControlPlaneServer,
  type ControlPlaneServerOptions,
  ok,
  problem,
  session,
  startControlPlaneServer,
  workerKey,
} from '../fakes/control-plane-server.ts';
import { startWorkerProcess, ticket } from '../fakes/worker-process.ts';

const apiKey = 'sk-ant-canary-9876543210';
const echo = (delaySeconds = 0) => ({
  type: 'echo',
  payload: { message: 'a private message', delaySeconds },
});
const chat = {
  type: 'chat',
  payload: { prompt: 'Is this a private prompt?', model: 'claude-sonnet-5-5', maxTokens: 1_024 },
};

let server: ControlPlaneServer | undefined;
let model: RunningOfflineModel | undefined;
afterEach(async () => {
  await server?.close();
  await model?.close();
});

async function serve(options: ControlPlaneServerOptions): Promise<ControlPlaneServer> {
  server = await startControlPlaneServer(options);
  return server;
}

async function serveChat(script: Parameters<typeof startOfflineModel>[0]['script'], options = {}) {
  model = await startOfflineModel({ script, deltaMs: 0 });
  return serve({ input: chat, provider: { name: 'anthropic', apiKey, baseUrl: model.url }, ...options });
}

test('an echo job runs in a worker process from start to finish [A3] [A4]', async () => {
  const { url, calls, stored, of } = await serve({ input: echo() });
  const { code, stdout, stderr } = await startWorkerProcess(url).exit;
  expect(stderr).toBe('');
  expect(code).toBe(0);
  expect(calls.map((call) => call.name)).toEqual(['start', 'uploads', 'finish']);
  expect(JSON.parse(stored.get('result.json') ?? '')).toEqual({
    message: 'a private message',
    processedBy: expect.stringMatching(/^.+\/[0-9a-f]{8}$/),
    processedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
  });
  expect(of('finish')[0]).toMatchObject({
    jobId: 'job-1',
    attempt: 1,
    session,
    outcome: { kind: 'succeeded' },
  });
  for (const line of stdout.trim().split('\n')) {
    expect(JSON.parse(line)).toMatchObject({
      level: 'info',
      job: 'job-1',
      attempt: 1,
      traceId: '0af7651916cd43dd8448eb211c80319c',
    });
  }
});

test('a chat job asks the model, says what it says as events, and settles what it used [A4] [A7]', async () => {
  const { url, calls, stored, of } = await serveChat(await readScript(chatScript));
  const { code, stderr } = await startWorkerProcess(url).exit;
  expect(stderr).toBe('');
  expect(code).toBe(0);
  const names = calls.map((call) => call.name);
  expect(names.slice(0, 2)).toEqual(['start', 'turn']);
  expect(names.at(-1)).toBe('finish');
  expect(of('turn')[0]?.reserve).toEqual({
    conversation: 'chat',
    turn: 1,
    model: 'claude-sonnet-5-5',
    inputTokensMax: 1_025,
    maxTokens: 1_024,
  });
  const result = JSON.parse(stored.get('result.json') ?? '');
  expect(result).toMatchObject({ model: 'claude-sonnet-5-5', stopReason: 'end_turn', offline: true });
  expect(result.text).toContain('these words were written beforehand, and no model has read your question');
  const events = of('events').flatMap((call) => call.events as { type: string; text?: string }[]);
  expect(events.map((event) => event.text ?? '').join('')).toBe(result.text);
  expect(events.at(-1)?.type).toBe('turn');
  expect(of('finish')[0]).toMatchObject({
    settle: { conversation: 'chat', turn: 1, model: 'claude-sonnet-5-5', usage: result.usage },
    outcome: { kind: 'succeeded', offline: true },
  });
});

test('a worker that is told to go gives its lease back [A2]', async () => {
  const { url, called, of } = await serve({ input: echo(600) });
  const worker = startWorkerProcess(url);
  await called('start');
  // The log line is the sign that the session has arrived.
  await worker.says('attempt started');
  worker.kill('SIGTERM');
  const { code } = await worker.exit;
  expect(code).toBe(0);
  expect(of('finish')).toMatchObject([{ outcome: { kind: 'interrupted' } }]);
});

test('a chat that is interrupted settles what it has used', async () => {
  const hang = { name: 'hang', fault: { kind: 'hang' as const, afterDeltas: 3 } };
  const { url, called, of } = await serveChat(scriptWith(hang));
  const worker = startWorkerProcess(url);
  await called('events');
  worker.kill('SIGTERM');
  const { code } = await worker.exit;
  expect(code).toBe(0);
  expect(of('finish')).toMatchObject([
    {
      outcome: { kind: 'interrupted' },
      settle: { conversation: 'chat', turn: 1, model: 'claude-sonnet-5-5' },
    },
  ]);
});

test('a heartbeat that says stop ends the worker without another word [A9]', async () => {
  const answer = (name: string) => (name === 'heartbeat' ? ok({ stop: true, leaseSeconds: 60 }) : undefined);
  const { url, calls } = await serve({ input: echo(600), heartbeatSeconds: 0.05, answer });
  const { code, stdout } = await startWorkerProcess(url).exit;
  expect(code).toBe(0);
  expect(calls.map((call) => call.name)).toEqual(['start', 'heartbeat']);
  expect(stdout).toContain('"cause":"told"');
});

test('a worker whose attempt belongs to somebody else ends without another word', async () => {
  const answer = (name: string) => (name === 'heartbeat' ? problem(409, 'stale_attempt') : undefined);
  const { url, calls } = await serve({ input: echo(600), heartbeatSeconds: 0.05, answer });
  const { code, stdout } = await startWorkerProcess(url).exit;
  expect(code).toBe(0);
  expect(calls.map((call) => call.name)).toEqual(['start', 'heartbeat']);
  expect(stdout).toContain('"cause":"fenced"');
});

test('a worker that hears nothing of the control plane is gone before its lease ends', async () => {
  const answer = (name: string) => (name === 'heartbeat' ? ('hang' as const) : undefined);
  const { url, calls, of } = await serve({
    input: echo(600),
    heartbeatSeconds: 0.2,
    leaseSeconds: 2,
    answer,
  });
  const { code, stdout } = await startWorkerProcess(url).exit;
  const startedAtMs = calls[0]?.atMs ?? 0;
  expect(Date.now() - startedAtMs).toBeLessThan(2_000);
  expect(code).toBe(1);
  expect(of('finish')).toEqual([]);
  expect(stdout).toContain('"cause":"lease_ending"');
});

test('heartbeats go on while the main thread is blocked', async () => {
  const { url, of } = await serve({ input: echo() });
  const file = fileURLToPath(new URL('../fakes/busy-worker.ts', import.meta.url));
  await promisify(execFile)(process.execPath, [file, url, '2500']);
  expect(of('heartbeat').length).toBeGreaterThan(3);
});

test('a blocked worker whose attempt is lost is killed', async () => {
  const answer = (name: string) => (name === 'heartbeat' ? problem(409, 'stale_attempt') : undefined);
  const { url } = await serve({ input: echo(), answer });
  const file = fileURLToPath(new URL('../fakes/busy-worker.ts', import.meta.url));
  const busy = promisify(execFile)(process.execPath, [file, url, '60000']);
  await expect(busy).rejects.toMatchObject({ signal: 'SIGKILL' });
});

test('heartbeats go on while the work takes its time', async () => {
  const { url, called, of } = await serve({ input: echo(3), heartbeatSeconds: 0.05 });
  const worker = startWorkerProcess(url);
  await called('finish');
  expect((await worker.exit).code).toBe(0);
  expect(of('heartbeat').length).toBeGreaterThan(2);
  expect(of('heartbeat')[0]).toEqual({ jobId: 'job-1', attempt: 1, session });
});

test('an attempt whose time is used up ends, and leaves the verdict to the control plane [A9]', async () => {
  const { url, calls } = await serve({ input: echo(600), remainingMs: 300 });
  const { code, stdout } = await startWorkerProcess(url).exit;
  expect(code).toBe(0);
  expect(calls.map((call) => call.name)).toEqual(['start']);
  expect(stdout).toContain('"cause":"time_up"');
});

test('an environment that is wrong is reported whole, without its values', async () => {
  const worker = startWorkerProcess('not a url', {
    JOB_ID: '',
    MUSTER_TICKET: 'secret-ticket',
    AWS_REGION: '',
  });
  const { code, stdout } = await worker.exit;
  expect(code).toBe(1);
  expect(stdout).toContain('MUSTER_API_URL is malformed');
  expect(stdout).toContain('JOB_ID is missing');
  expect(stdout).toContain('MUSTER_TICKET is malformed');
  expect(stdout).not.toContain('secret-ticket');
});

test('no key, ticket, session or payload is in what a worker writes', async () => {
  const refused = {
    name: 'leaky',
    fault: { kind: 'status' as const, status: 400, type: 'invalid_request_error', message: `key ${apiKey}` },
  };
  const { url, of } = await serveChat(scriptWith(refused));
  const { stdout, stderr } = await startWorkerProcess(url).exit;
  const written = stdout + stderr + JSON.stringify(of('finish')[0]?.outcome) + JSON.stringify(of('events'));
  expect(written).toContain('provider_refused');
  for (const secret of [apiKey, ticket, session, workerKey.secretAccessKey, 'a private prompt']) {
    expect(written).not.toContain(secret);
  }
});
