import { inspect } from 'node:util';
import { afterEach, expect, test } from '@jest/globals';
import { openModel } from '../../../lib/adapters/models/open-model.ts';
import type { ModelEntry } from '../../../lib/contracts/model-entry.ts';
import { addUsage, noUsage } from '../../../lib/contracts/usage.ts';
import { requirePrice } from '../../../lib/core/money/price.ts';
import {
  ModelError,
  type ModelMessage,
  type ModelRequest,
  type ModelTurn,
} from '../../../lib/core/ports/model.ts';
import type { WorkerTime } from '../../../lib/core/ports/worker.ts';
import type { ScriptSource } from '../../../lib/local/offline-model/script.ts';
import {
  type RunningOfflineModel,
  startOfflineModel,
} from '../../../lib/local/offline-model/start-offline-model.ts';
import { answerText, failOnce, scriptWith } from '../../fakes/chat-script.ts';
import { ShortTime } from '../../fakes/short-time.ts';
import { FakeTime } from '../../fakes/worker-time.ts';

let server: RunningOfflineModel | undefined;
afterEach(() => server?.close());

const apiKey = 'sk-ant-canary-0123456789';
const never = new AbortController().signal;
const question: ModelRequest = {
  model: 'claude-sonnet-5-5',
  system: 'Be brief.',
  messages: [{ role: 'user', content: [{ type: 'text', text: 'What is a muster?' }] }],
  maxTokens: 1_024,
};

/** The model that a request names, which need not be one of the table. */
function open(baseUrl: string, time: WorkerTime, model = question.model) {
  const entry = { ...requirePrice(model === 'claude-nonesuch' ? question.model : model), apiModel: model };
  return openModel({ credential: { name: 'anthropic', apiKey, baseUrl }, entry, time });
}

async function ask(
  script: ScriptSource,
  request: Partial<ModelRequest> = {},
  time: WorkerTime = new ShortTime(),
): Promise<{ turn: ModelTurn; text: string; restarts: number }> {
  server = await startOfflineModel({ script, deltaMs: 0 });
  let text = '';
  let restarts = 0;
  const model = await open(server.url, time, request.model);
  const turn = await model.turn(
    { ...question, ...request },
    {
      signal: never,
      onText: (delta) => {
        text += delta;
      },
      onRestart: () => {
        restarts += 1;
        text = '';
      },
    },
  );
  return { turn, text, restarts };
}

async function failure(script: ScriptSource, request: Partial<ModelRequest> = {}, time?: WorkerTime) {
  const error = await ask(script, request, time).catch((cause: unknown) => cause);
  if (!(error instanceof ModelError)) throw new Error('expected a ModelError', { cause: error });
  return error;
}

test('an answer is streamed and comes with its usage [A4]', async () => {
  const { turn, text } = await ask(scriptWith());
  expect(text).toBe(answerText);
  expect(turn).toEqual({
    content: [{ type: 'text', text: answerText }],
    text: answerText,
    stopReason: 'end_turn',
    stopDetail: undefined,
    usage: { inputTokens: 23, outputTokens: 12, cacheReadTokens: 0, cacheWriteTokens: 0 },
    model: 'claude-sonnet-5-5',
    offline: true,
    requestId: expect.stringMatching(/^req_offline_/),
  });
});

test('model, system prompt and max tokens reach the provider as they are, and nothing else does [A7]', async () => {
  await ask(scriptWith(), { model: 'claude-haiku-5-5', maxTokens: 77 });
  expect(server?.requests).toEqual([
    {
      model: 'claude-haiku-5-5',
      max_tokens: 77,
      system: [{ type: 'text', text: 'Be brief.' }],
      messages: [{ role: 'user', content: [{ type: 'text', text: 'What is a muster?' }] }],
      stream: true,
    },
  ]);
});

test('an answer that is cut by max tokens says so [A7]', async () => {
  const { turn } = await ask(scriptWith(), { maxTokens: 3 });
  expect(turn).toMatchObject({ text: 'These words ', stopReason: 'max_tokens' });
  expect(turn.usage.outputTokens).toBe(3);
});

test('a refusal is an answer with its own stop reason', async () => {
  const refusal = { name: 'no', answer: { blocks: [], stopReason: 'refusal' as const } };
  const { turn } = await ask(scriptWith(refusal));
  expect(turn).toMatchObject({
    stopReason: 'refusal',
    stopDetail: 'The script of the offline model says so',
    text: '',
  });
});

test.each([
  ['529', failOnce(529, 'overloaded_error')],
  ['500', failOnce(500, 'api_error')],
  ['503', failOnce(503, 'api_error')],
  ['504', failOnce(504, 'timeout_error')],
  ['408', failOnce(408, 'timeout_error')],
  ['429 without retry-after', failOnce(429, 'rate_limit_error')],
])('a %s is tried again', async (_, rule) => {
  const time = new ShortTime();
  const { turn, restarts } = await ask(scriptWith(rule), {}, time);
  expect(turn.text).toBe(answerText);
  expect(time.waits()).toEqual([500]);
  expect(restarts).toBe(0);
});

test('a 429 waits as long as the provider asks for', async () => {
  const time = new ShortTime();
  await ask(scriptWith(failOnce(429, 'rate_limit_error', { retryAfterSeconds: 17 })), {}, time);
  expect(time.waits()).toEqual([17_000]);
});

test('a 429 that asks for a pause of more than a minute is given back to the job', async () => {
  const time = new ShortTime();
  const error = await failure(
    scriptWith(failOnce(429, 'rate_limit_error', { retryAfterSeconds: 600 })),
    {},
    time,
  );
  expect(error).toMatchObject({ code: 'provider_unavailable', retryable: true, retryAfterMs: 600_000 });
  expect(time.waits()).toEqual([]);
});

test('an overload that lasts is given up after four calls', async () => {
  const always = {
    name: 'always',
    fault: { kind: 'status' as const, status: 529, type: 'overloaded_error' },
  };
  const time = new ShortTime();
  const error = await failure(scriptWith(always), {}, time);
  expect(error).toMatchObject({ code: 'provider_unavailable', retryable: true });
  expect(server?.requests).toHaveLength(4);
  expect(time.waits()).toEqual([500, 1_000, 2_000]);
});

test.each([
  ['an overload in mid-stream', { kind: 'streamError' as const, afterDeltas: 2, type: 'overloaded_error' }],
  ['a socket that is cut in mid-stream', { kind: 'cut' as const, afterDeltas: 2 }],
])('%s voids what was written, is paid for, and is tried again', async (_, fault) => {
  const { turn, text, restarts } = await ask(scriptWith({ name: 'broken', times: 1, fault }));
  expect(restarts).toBe(1);
  expect(text).toBe(answerText);
  expect(turn.text).toBe(answerText);
  expect(turn.usage.inputTokens).toBe(46);
  expect(turn.usage.outputTokens).toBeGreaterThan(12);
});

test.each([
  [400, 'invalid_request_error', undefined, 'provider_refused'],
  [401, 'authentication_error', undefined, 'provider_key_missing'],
  [402, 'billing_error', undefined, 'provider_refused'],
  [403, 'permission_error', undefined, 'provider_refused'],
  [404, 'not_found_error', undefined, 'unknown_model'],
  [413, 'request_too_large', undefined, 'payload_too_large'],
  [422, 'invalid_request_error', undefined, 'provider_refused'],
  [429, 'rate_limit_error', 'enforced_spend_limit_reached', 'provider_refused'],
  [429, 'rate_limit_error', 'contract_spend_limit_reached', 'provider_refused'],
])('a %i (%s, %s) is final', async (status, type, errorCode, code) => {
  const error = await failure(scriptWith(failOnce(status, type, errorCode ? { errorCode } : {})));
  expect(error).toMatchObject({ code, retryable: false });
  expect(error.cause).toBeInstanceOf(Error);
  expect(server?.requests).toHaveLength(1);
});

test('a key that is refused names the command that sets one', async () => {
  const error = await failure(scriptWith(failOnce(401, 'authentication_error')));
  expect(error.remedy).toBe('muster keys set anthropic');
});

test('a model that the provider does not have is named', async () => {
  const error = await failure(scriptWith(), { model: 'claude-nonesuch' });
  expect(error).toMatchObject({ code: 'unknown_model', retryable: false });
  expect(error.message).toContain('model: claude-nonesuch');
});

test('a provider that cannot be reached is unavailable', async () => {
  const { url, close } = await startOfflineModel({ script: scriptWith() });
  await close();
  const model = await open(url, new ShortTime());
  await expect(model.turn(question, { signal: never })).rejects.toMatchObject({
    code: 'provider_unavailable',
    retryable: true,
  });
});

test('a stream that falls silent is cut after two minutes and tried again', async () => {
  const time = new FakeTime();
  const hang = { name: 'hang', times: 1, fault: { kind: 'hang' as const, afterDeltas: 1 } };
  let heard = () => {};
  const firstText = new Promise<void>((resolve) => {
    heard = resolve;
  });
  server = await startOfflineModel({ script: scriptWith(hang), deltaMs: 0 });
  const model = await open(server.url, time);
  let restarted = () => {};
  const restart = new Promise<void>((resolve) => {
    restarted = resolve;
  });
  const answer = model.turn(question, { signal: never, onText: () => heard(), onRestart: () => restarted() });
  await firstText;
  await time.pass(119_999);
  expect(server.requests).toHaveLength(1);
  await time.pass(1);
  await restart;
  await time.pass(500);
  expect((await answer).text).toBe(answerText);
  expect(server.requests).toHaveLength(2);
});

test('a turn that is stopped ends at once and says what it has used', async () => {
  const hang = { name: 'hang', fault: { kind: 'hang' as const, afterDeltas: 1 } };
  server = await startOfflineModel({ script: scriptWith(hang), deltaMs: 0 });
  const stop = new AbortController();
  const model = await open(server.url, new ShortTime());
  const answer = model.turn(question, { signal: stop.signal, onText: () => stop.abort() });
  await expect(answer).rejects.toMatchObject({ code: 'interrupted', usage: { inputTokens: 23 } });
  expect(server.requests).toHaveLength(1);
});

test('the key is in no error', async () => {
  const echoing = failOnce(400, 'invalid_request_error');
  if (echoing.fault?.kind === 'status') echoing.fault.message = `bad key ${apiKey}`;
  const error = await failure(scriptWith(echoing));
  expect(error.message).toContain('bad key [secret]');
  expect(inspect(error, { depth: 10 })).not.toContain(apiKey);
});

const tools = ['bash', 'read_file'].map((name) => ({
  name,
  description: `The tool ${name}.`,
  inputSchema: { type: 'object' as const, properties: {} },
}));

async function bodyOf(request: Partial<ModelRequest>, change: Partial<ModelEntry> = {}): Promise<unknown> {
  server = await startOfflineModel({ script: scriptWith(), deltaMs: 0 });
  const { url: baseUrl } = server;
  const entry = { ...requirePrice('claude-sonnet-5-5'), ...change };
  const model = await openModel({
    credential: { name: 'anthropic', apiKey, baseUrl },
    entry,
    time: new ShortTime(),
  });
  await model.turn({ ...question, ...request }, { signal: never });
  return server.requests[0];
}

const cached = { cache_control: { type: 'ephemeral' } };

test('an agent caches tools and system at one breakpoint, and what grows at another', async () => {
  const body = await bodyOf({ tools, cache: 'agent' });
  expect(body).toMatchObject({
    tools: [{ name: 'bash' }, { name: 'read_file' }],
    system: [{ type: 'text', text: 'Be brief.', ...cached }],
    ...cached,
  });
  expect(JSON.stringify(body).match(/cache_control/g)).toHaveLength(2);
});

test('without a system prompt the last tool bears the breakpoint', async () => {
  const body = await bodyOf({ tools, cache: 'agent', system: undefined });
  expect(body).toMatchObject({ tools: [{ name: 'bash' }, { name: 'read_file', ...cached }], ...cached });
  expect(JSON.stringify(body).match(/cache_control/g)).toHaveLength(2);
});

test('effort is asked for together with thinking', async () => {
  expect(await bodyOf({ effort: 'xhigh' })).toMatchObject({
    output_config: { effort: 'xhigh' },
    thinking: { type: 'adaptive' },
  });
});

test('what a model cannot do it is not asked for', async () => {
  const capabilities = { effort: false, cacheControl: false, adaptiveThinking: false };
  const body = await bodyOf({ tools, cache: 'agent', effort: 'high' }, { capabilities });
  expect(Object.keys(body as object).sort()).toEqual(
    ['max_tokens', 'messages', 'model', 'stream', 'system', 'tools'].sort(),
  );
  expect(JSON.stringify(body)).not.toContain('cache_control');
});

test('results of tools come as they are, and blocks of another protocol are left out', async () => {
  const use = { type: 'tool_use' as const, id: 'call_1', name: 'bash', input: { command: 'ls' } };
  const foreign = { api: 'chat' as const, value: { extra_content: { google: {} } } };
  const body = await bodyOf({
    tools,
    messages: [
      { role: 'user', content: [{ type: 'text', text: 'Go' }] },
      {
        role: 'assistant',
        content: [
          { type: 'opaque', raw: foreign },
          { ...use, raw: foreign },
        ],
      },
      {
        role: 'user',
        content: [{ type: 'tool_result', toolUseId: 'call_1', content: 'no such file', isError: true }],
      },
    ],
  });
  expect(body).toMatchObject({
    messages: [
      { role: 'user' },
      { role: 'assistant', content: [use] },
      {
        role: 'user',
        content: [{ type: 'tool_result', tool_use_id: 'call_1', content: 'no such file', is_error: true }],
      },
    ],
  });
});

test('nine tenths of what a loop of twenty turns reads come from the cache', async () => {
  const look = { name: 'look', answer: { blocks: [{ type: 'tool_use' as const, name: 'bash', input: {} }] } };
  server = await startOfflineModel({ script: scriptWith(look), deltaMs: 0 });
  const model = await open(server.url, new ShortTime());
  const messages: ModelMessage[] = [{ role: 'user', content: [{ type: 'text', text: 'Go' }] }];
  let usage = noUsage;
  for (let turn = 0; turn < 20; turn += 1) {
    const request = {
      ...question,
      system: 'Rules. '.repeat(5_714),
      messages,
      tools,
      cache: 'agent' as const,
    };
    const answer = await model.turn(request, { signal: never });
    usage = addUsage(usage, answer.usage);
    const content = answer.content.flatMap((block) =>
      block.type === 'tool_use'
        ? [{ type: 'tool_result' as const, toolUseId: block.id, content: 'x'.repeat(7_700), isError: false }]
        : [],
    );
    messages.push({ role: 'assistant', content: answer.content }, { role: 'user', content });
  }
  const { inputTokens, cacheReadTokens, cacheWriteTokens } = usage;
  expect(cacheReadTokens / (inputTokens + cacheReadTokens + cacheWriteTokens)).toBeGreaterThan(0.9);
});
