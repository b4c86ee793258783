import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type ChatResult, jobView } from '../../../lib/contracts/job-view.ts';
import { functionWorkerId } from '../../../lib/contracts/settings.ts';
import { createOfflineModel } from '../../../lib/local/offline-model/offline-model.ts';
import { chatScript, readScript } from '../../../lib/local/offline-model/read-script.ts';
import { parseScript } from '../../../lib/local/offline-model/script.ts';
import { until } from './client.ts';
import { type Bed, briskSettings, setProviderKey, startBed } from './harness.ts';

/** Slices of seven and a half seconds: a quarter of the function's time is left for giving them back. */
const functionSeconds = 10;
const settings = { ...briskSettings, timings: { ...briskSettings.timings, functionSeconds } };

/** An agent without a sandbox, at its three turns. The address is refused, which is an answer like any other. */
const slowTask = 'Look it up, slowly.';
const fetchAgain = {
  blocks: [{ type: 'tool_use', name: 'http_get', input: { url: 'https://127.0.0.1/' } }],
};
const handIn = {
  blocks: [
    {
      type: 'tool_use',
      name: 'submit_result',
      input: { summary: 'Looked twice.', evidence: [], confidence: 1, limitations: [] },
    },
  ],
};
const slowRules = [
  { name: 'looks', when: { task: slowTask, turn: 1 }, answer: fetchAgain },
  { name: 'looks again', when: { task: slowTask, turn: 2 }, answer: fetchAgain },
  { name: 'hands in', when: { task: slowTask, turn: 3 }, answer: handIn },
];
/** So slow that a second turn does not fit into the slice, and a first one does on a busy machine. */
const slowTurnMs = 3_000;

/** Prompts that the model leaves unanswered, and how often. */
const silences = new Map<string, number>();
/** Prompts in the order in which the model was asked. */
const asked: string[] = [];

let bed: Bed;
beforeAll(async () => {
  const { rules } = await readScript(chatScript);
  const model = createOfflineModel({ script: parseScript({ rules: [...slowRules, ...rules] }), deltaMs: 0 });
  bed = await startBed({
    settings,
    open: {
      '/offline-model': async (req, res, body) => {
        const prompt = promptOf(body);
        asked.push(prompt);
        const left = silences.get(prompt) ?? 0;
        silences.set(prompt, left - 1);
        if (prompt.includes(slowTask)) await delay(slowTurnMs);
        if (left <= 0) await model(req, res, body);
      },
    },
  });
  await setProviderKey(bed);
}, 120_000);
afterAll(() => bed?.close(), 20_000);

function promptOf(body: Buffer): string {
  const { messages } = JSON.parse(body.toString('utf8')) as { messages: { content: { text: string }[] }[] };
  return messages[0]?.content[0]?.text ?? '';
}

const chat = (prompt: string, more: object = {}) =>
  bed.submit({ type: 'chat', payload: { prompt }, model: 'claude-haiku-5-5', ...more });

const isAsked = (prompt: string, times = 1) =>
  until(`the model is asked "${prompt}"`, () =>
    asked.filter((each) => each === prompt).length >= times ? true : undefined,
  );

const linesOf = async (id: string) => bed.logLines(await bed.job(id));

/** How so many attempts of a job ended, as their workers saw it: a row has ended before its worker has said so. */
const endingsOf = (id: string, count: number) =>
  until(`${count} attempts have ended`, async () => {
    const lines = (await linesOf(id)).filter(({ message }) => message === 'attempt ended');
    if (lines.length < count) return undefined;
    return lines.map(({ attempt, outcome, cause }) => `${attempt} ${outcome ?? cause}`);
  });

/** A heartbeat that overtakes the answer to an attempt's last word hears that it is over: then the log says that. */
const said = (attempt: number, outcome: string) =>
  expect.stringMatching(new RegExp(`^${attempt} (${outcome}|fenced)$`));

test('a chat runs in a function, which calls the worker protocol and nothing else [A2] [A4]', async () => {
  const { id } = await chat('What is a lane?');
  const job = jobView.parse(await bed.ended(id));
  expect(job).toMatchObject({ status: 'SUCCEEDED', lane: 'function', attempt: 1, failures: 0 });
  expect((await bed.result<ChatResult>(id)).text).toContain('What is a lane?');
  expect(job.links.taskArn).toMatch(/^arn:aws:lambda:us-east-1:000000000000:function:[^/]+\/[0-9a-f-]{36}$/);
  await endingsOf(id, 1);
  const lines = await linesOf(id);
  expect(lines.map(({ message }) => message)).toEqual([
    'attempt started',
    'the model answered',
    'attempt ended',
  ]);
  // The call that the row names is the one that did the work.
  expect(job.links.taskArn?.split('/').at(-1)).toBe(lines[0]?.invocation);
  const mine = bed.cloud.calls().filter(({ caller }) => caller === functionWorkerId);
  expect(new Set(mine.map(({ service }) => service))).toEqual(new Set(['execute-api']));
  await bed.settled(id);
  const { held } = (await bed.item('SLOTS#function', 'SLOTS')) as { held: object };
  expect(held).toEqual({});
}, 60_000);

test('a cancel is heard while the model is silent, and verified by the worker itself', async () => {
  silences.set('Think for ever.', 1);
  const { id } = await chat('Think for ever.');
  await isAsked('Think for ever.');
  const { status } = await bed.call('POST', `/jobs/${id}/cancel`);
  expect(status).toBe(202);
  const job = await bed.ended(id);
  expect(job).toMatchObject({ status: 'CANCELLED', attempt: 1, error: { code: 'cancelled' } });
  const [ended] = await until('the worker has ended', async () => {
    const found = (await linesOf(id)).filter(({ message }) => message === 'attempt ended');
    return found.length > 0 ? found : undefined;
  });
  expect(ended).toMatchObject({ kind: 'stopped', cause: 'told' });
  await bed.settled(id);
}, 60_000);

test('a call of the model that outlasts the slice is made again in the next, and nothing has failed', async () => {
  silences.set('Take your time.', 1);
  const { id } = await chat('Take your time.', { maxAttempts: 1 });
  await isAsked('Take your time.', 2);
  const job = await bed.ended(id);
  expect(job).toMatchObject({ status: 'SUCCEEDED', attempt: 2, failures: 0, maxAttempts: 1 });
  expect((await bed.result<ChatResult>(id)).text).toContain('Take your time.');
  expect(await bed.row(id)).toMatchObject({ interruptions: 1 });
  expect(await endingsOf(id, 2)).toEqual([said(1, 'interrupted'), said(2, 'succeeded')]);
}, 60_000);

test('a job of three slices has three attempts, no failure, one transcript and one result', async () => {
  const payload = { prompt: slowTask, model: 'claude-haiku-5-5', tools: ['http_get'] };
  const { id } = await bed.submit({ type: 'agent', payload, maxAttempts: 1 });
  const job = await bed.ended(id);
  expect(job).toMatchObject({ status: 'SUCCEEDED', lane: 'function', attempt: 3, failures: 0 });
  expect(await bed.row(id)).toMatchObject({ interruptions: 2 });
  expect(await bed.result(id)).toMatchObject({ summary: 'Looked twice.', turns: 3 });
  expect(await endingsOf(id, 3)).toEqual([
    said(1, 'interrupted'),
    said(2, 'interrupted'),
    said(3, 'succeeded'),
  ]);
  // Each turn was asked for once.
  expect(asked.filter((prompt) => prompt.includes(slowTask))).toHaveLength(3);
  const folder = `projects/default/jobs/${id}`;
  const keys = await bed.objectKeys(`${folder}/`);
  expect(keys.filter((key) => key.endsWith('result.json'))).toEqual([`${folder}/attempts/3/result.json`]);
  const { conversations } = (await bed.row(id)).checkpoint ?? {};
  expect(conversations?.main?.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
}, 60_000);

test('a worker that outlives its attempt says so, and the job times out at once', async () => {
  silences.set('Too late.', 1);
  const { id } = await chat('Too late.', { maxAttempts: 1, timeoutSeconds: 1 });
  const job = await bed.ended(id);
  expect(job).toMatchObject({ status: 'TIMED_OUT', attempt: 1, failures: 1, error: { code: 'timed_out' } });
}, 60_000);
