import Anthropic from '@anthropic-ai/sdk';
import { afterEach, expect, test } from '@jest/globals';
import { chatScript, readScript } from '../../../lib/local/offline-model/read-script.ts';
import { parseScript, type ScriptSource } from '../../../lib/local/offline-model/script.ts';
import {
  type RunningOfflineModel,
  startOfflineModel,
} from '../../../lib/local/offline-model/start-offline-model.ts';
import { answerText, scriptWith } from '../../fakes/chat-script.ts';

let server: RunningOfflineModel | undefined;
afterEach(() => server?.close());

type Params = Anthropic.MessageCreateParamsNonStreaming;
type Rule = ScriptSource['rules'][number];

async function open(script: ScriptSource, nowMs?: () => number): Promise<Anthropic> {
  server = await startOfflineModel({ script, deltaMs: 0, ...(nowMs && { nowMs }) });
  return new Anthropic({
    apiKey: 'key',
    authToken: null,
    baseURL: server.url,
    maxRetries: 0,
    openTelemetry: false,
  });
}

const ask = (fields: Partial<Params> = {}): Params => ({
  model: 'claude-sonnet-5-5',
  max_tokens: 1_000,
  messages: [{ role: 'user', content: 'Hello' }],
  ...fields,
});

const says = (name: string, when: Rule['when'], text = name): Rule => ({
  name,
  when: when ?? {},
  answer: { blocks: [{ type: 'text', text }] },
});

const textOf = (message: Anthropic.Message) =>
  message.content.map((block) => (block.type === 'text' ? block.text : '')).join('');

test('an answer is the same streamed and whole', async () => {
  const client = await open(scriptWith());
  const whole = await client.messages.create(ask());
  const streamed = await client.messages.stream(ask()).finalMessage();
  expect(textOf(whole)).toBe(answerText);
  expect(textOf(streamed)).toBe(answerText);
  expect(streamed.usage).toMatchObject({ input_tokens: whole.usage.input_tokens, output_tokens: 12 });
  expect(streamed.stop_reason).toBe('end_turn');
});

test('events come in the order that the real API keeps', async () => {
  await open(scriptWith(says('short', {}, 'ab')));
  const response = await fetch(`${server?.url}/v1/messages`, {
    method: 'POST',
    headers: { 'x-api-key': 'key', 'anthropic-version': '2026-10-21' },
    body: JSON.stringify({ ...ask(), stream: true }),
  });
  const events = [...(await response.text()).matchAll(/^event: (.*)$/gm)].map(([, name]) => name);
  expect(events).toEqual([
    'message_start',
    'content_block_start',
    'ping',
    'content_block_delta',
    'content_block_stop',
    'message_delta',
    'message_stop',
  ]);
});

test('tools are called as the script says, with whole inputs', async () => {
  const input = { path: 'notes/ü.md', lines: [1, 2, 3] };
  const rule: Rule = {
    name: 'look',
    when: { toolResults: false },
    answer: {
      blocks: [
        { type: 'text', text: 'I look.' },
        { type: 'tool_use', name: 'read_file', input },
      ],
    },
  };
  const client = await open(scriptWith(rule));
  const first = await client.messages.stream(ask()).finalMessage();
  expect(first.stop_reason).toBe('tool_use');
  expect(first.content[1]).toMatchObject({ type: 'tool_use', name: 'read_file', input });
  const call = first.content[1];
  const id = call?.type === 'tool_use' ? call.id : '';
  const second = await client.messages.create(
    ask({
      messages: [
        { role: 'user', content: 'Hello' },
        { role: 'assistant', content: first.content },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: 'seen' }] },
      ],
    }),
  );
  expect(textOf(second)).toBe(answerText);
});

test('rules look at agent, model, prompt and turn, and the first that applies speaks', async () => {
  const client = await open(
    scriptWith(
      says('reviewer', { system: 'you are the reviewer' }),
      says('second turn', { turn: 2 }),
      says('haiku', { model: 'haiku' }),
      says('weather', { prompt: '^what.*weather' }),
    ),
  );
  const said = async (fields: Partial<Params>) => textOf(await client.messages.create(ask(fields)));
  expect(await said({ system: 'You are the Reviewer.' })).toBe('reviewer');
  expect(await said({ model: 'claude-haiku-5-5' })).toBe('haiku');
  expect(await said({ messages: [{ role: 'user', content: 'What a weather' }] })).toBe('weather');
  const secondTurn: Anthropic.MessageParam[] = [
    { role: 'user', content: 'Hello' },
    { role: 'assistant', content: 'Hi' },
    { role: 'user', content: 'What a weather' },
  ];
  expect(await said({ messages: secondTurn })).toBe('second turn');
  expect(await said({})).toBe(answerText);
});

test('a rule that counts applies only so often', async () => {
  const client = await open(scriptWith({ ...says('twice', {}), times: 2 }));
  const said: string[] = [];
  for (let i = 0; i < 3; i += 1) said.push(textOf(await client.messages.create(ask())));
  expect(said).toEqual(['twice', 'twice', answerText]);
});

test('an answer quotes the prompt, shortened', async () => {
  const client = await open(scriptWith(says('quote', {}, '{{model}} turn {{turn}}: {{prompt}}')));
  const content = `one\n  two ${'x'.repeat(300)}`;
  const message = await client.messages.create(ask({ messages: [{ role: 'user', content }] }));
  expect(textOf(message)).toBe(`claude-sonnet-5-5 turn 1: one two ${'x'.repeat(192)}…`);
});

test('max_tokens and stop sequences cut the text', async () => {
  const client = await open(scriptWith(says('long', {}, 'one two STOP three')));
  const cut = await client.messages.create(ask({ max_tokens: 2 }));
  expect([textOf(cut), cut.stop_reason, cut.usage.output_tokens]).toEqual(['one two ', 'max_tokens', 2]);
  const stopped = await client.messages.create(ask({ stop_sequences: ['three', 'STOP'] }));
  expect([textOf(stopped), stopped.stop_reason, stopped.stop_sequence]).toEqual([
    'one two ',
    'stop_sequence',
    'STOP',
  ]);
});

test('a tool call that max_tokens cuts arrives in part', async () => {
  const rule: Rule = {
    name: 'cut',
    answer: { blocks: [{ type: 'tool_use', name: 'write_file', input: { text: 'x'.repeat(400) } }] },
  };
  const client = await open(scriptWith(rule));
  let json = '';
  const stream = client.messages.stream(ask({ max_tokens: 10 }));
  stream.on('inputJson', (piece) => {
    json += piece;
  });
  const message = await stream.finalMessage();
  expect([message.stop_reason, json]).toEqual(['max_tokens', `{"text":"${'x'.repeat(21)}`]);
});

const longText = 'All work and no play. '.repeat(200);
const cached = { type: 'ephemeral' as const };

function usageOf({ usage }: Anthropic.Message) {
  return [usage.input_tokens, usage.cache_creation_input_tokens, usage.cache_read_input_tokens];
}

test('a prefix up to a breakpoint is written once and read from then on', async () => {
  const client = await open(scriptWith());
  const system = [{ type: 'text' as const, text: longText, cache_control: cached }];
  const first = await client.messages.create(ask({ system }));
  const second = await client.messages.create(
    ask({ system, messages: [{ role: 'user', content: 'Again' }] }),
  );
  expect(usageOf(first)).toEqual([9, 1_108, 0]);
  expect(usageOf(second)).toEqual([9, 0, 1_108]);
});

test('a growing conversation reads what it has written before', async () => {
  const client = await open(scriptWith());
  const turns = Array.from(
    { length: 5 },
    (_, i): Anthropic.MessageParam => ({
      role: i % 2 === 0 ? 'user' : 'assistant',
      content: [{ type: 'text', text: longText }],
    }),
  );
  const usages: (number | null)[][] = [];
  for (const count of [1, 3, 5]) {
    usages.push(
      usageOf(await client.messages.create(ask({ messages: turns.slice(0, count), cache_control: cached }))),
    );
  }
  expect(usages).toEqual([
    [0, 1_108, 0],
    [0, 2_217, 1_108],
    [0, 2_217, 3_325],
  ]);
});

test.each([
  [
    'a prefix that is too short',
    { system: [{ type: 'text' as const, text: 'short', cache_control: cached }] },
  ],
  ['no breakpoint', { system: longText }],
])('%s is not cached', async (_, fields) => {
  const client = await open(scriptWith());
  await client.messages.create(ask(fields));
  const second = await client.messages.create(ask(fields));
  expect(usageOf(second).slice(1)).toEqual([0, 0]);
});

test('a cached prefix lives for five minutes after its last use, and is bound to its model', async () => {
  let nowMs = 0;
  const client = await open(scriptWith(), () => nowMs);
  const fields = { system: [{ type: 'text' as const, text: longText, cache_control: cached }] };
  const read = async (more: Partial<Params> = {}) =>
    usageOf(await client.messages.create(ask({ ...fields, ...more })))[2];
  expect(await read()).toBe(0);
  nowMs += 299_000;
  expect(await read()).toBe(1_108);
  nowMs += 299_000;
  expect(await read()).toBe(1_108);
  nowMs += 300_000;
  expect(await read()).toBe(0);
  expect(await read({ model: 'claude-opus-5-5' })).toBe(0);
});

test('the script that is shipped plainly says that no model read the prompt', async () => {
  const client = await open(await readScript(chatScript));
  for (const content of ['Why?', 'Do it.']) {
    const message = await client.messages.create(ask({ messages: [{ role: 'user', content }] }));
    expect(textOf(message)).toContain('these words were written beforehand, and no model has read your');
    expect(textOf(message)).toContain(content);
  }
});

test.each([
  ['an unknown placeholder', scriptWith(says('x', {}, '{{secret}}')), 'may only use {{prompt}}'],
  ['a pattern that is none', scriptWith(says('x', { prompt: '(' })), 'must be a regular expression'],
  ['a rule without a word', { rules: [{ name: 'x' }] }, 'needs an answer or a fault'],
  ['no rule for the rest', { rules: [says('x', { turn: 1 })] }, 'the last rule must have an answer'],
])('a script with %s is refused', (_, script, message) => {
  expect(() => parseScript(script)).toThrow(message);
});
