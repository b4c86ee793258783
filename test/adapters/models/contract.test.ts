import { inspect } from 'node:util';
import { afterEach, describe, expect, test } from '@jest/globals';
import * as z from 'zod';
import { openModel } from '../../../lib/adapters/models/open-model.ts';
import { contentBlock } from '../../../lib/contracts/conversation.ts';
import type {
  ContentBlock,
  Model,
  ModelMessage,
  ModelRequest,
  ModelTurn,
  ToolSpec,
  ToolUseBlock,
} from '../../../lib/core/ports/model.ts';
import { ModelError } from '../../../lib/core/ports/model.ts';
import type { FakeAnswer, FakeProvider } from '../../fakes/fake-provider.ts';
import { ShortTime } from '../../fakes/short-time.ts';
import { adapters, canary } from './adapters.ts';

let fake: FakeProvider | undefined;
let opened: FakeProvider[] = [];
afterEach(async () => {
  await Promise.all(opened.map((server) => server.close()));
  opened = [];
});

const never = new AbortController().signal;
const words = 'The weather is fine in both of these cities.';
const say = (text: string): FakeAnswer => ({ kind: 'say', text });
const call = (name: string, input: object) => ({ name, json: JSON.stringify(input) });

const lookUp: ToolSpec = {
  name: 'look_up',
  description: 'Looks the weather of a city up.',
  inputSchema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};
const user = (text: string): ModelMessage => ({ role: 'user', content: [{ type: 'text', text }] });

/** What comes back out of a transcript: JSON, parsed. */
function stored(content: readonly ContentBlock[]): ContentBlock[] {
  return z.array(contentBlock).parse(JSON.parse(JSON.stringify(content)));
}

function callsIn(turn: ModelTurn): ToolUseBlock[] {
  return turn.content.filter((block) => block.type === 'tool_use');
}

/** The conversation with an answer and the results of its calls. */
function answered(messages: readonly ModelMessage[], turn: ModelTurn, isError = false): ModelMessage[] {
  const results = callsIn(turn).map(({ id, input }) => ({
    type: 'tool_result' as const,
    toolUseId: id,
    content: `sunny: ${JSON.stringify(input)}`,
    isError,
  }));
  return [
    ...messages,
    { role: 'assistant', content: stored(turn.content) },
    { role: 'user', content: results },
  ];
}

describe.each(adapters)('$name', ({ entry, credential, start, badKey, spendLimit }) => {
  const question: ModelRequest = {
    model: 'claude-sonnet-5-5',
    system: 'Be brief.',
    messages: [user('How is the weather?')],
    tools: [lookUp],
    maxTokens: 1_024,
    cache: 'agent',
  };

  async function open(answers: readonly FakeAnswer[], time = new ShortTime()): Promise<Model> {
    fake = await start(answers);
    opened.push(fake);
    return openModel({ credential: credential(fake.url), entry, time });
  }

  async function ask(answers: readonly FakeAnswer[], time = new ShortTime()) {
    const model = await open(answers, time);
    const heard: string[] = [];
    let restarts = 0;
    const turn = await model.turn(question, {
      signal: never,
      onText: (delta) => heard.push(delta),
      onRestart: () => {
        restarts += 1;
        heard.length = 0;
      },
    });
    return { turn, heard, restarts };
  }

  async function failure(answers: readonly FakeAnswer[], time = new ShortTime()): Promise<ModelError> {
    const error = await ask(answers, time).catch((cause: unknown) => cause);
    if (!(error instanceof ModelError)) throw new Error('expected a ModelError', { cause: error });
    return error;
  }

  test('text is streamed piece by piece, and comes with its usage [A4]', async () => {
    const { turn, heard } = await ask([say(words)]);
    expect(heard.length).toBeGreaterThan(1);
    expect(heard.join('')).toBe(words);
    expect(turn).toMatchObject({ text: words, stopReason: 'end_turn' });
    expect(turn.model).not.toBe('');
    const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } = turn.usage;
    expect(inputTokens + cacheReadTokens + cacheWriteTokens).toBeGreaterThan(0);
    expect(outputTokens).toBeGreaterThan(0);
  });

  test('a tool is called with its input, and its result is understood, over several turns [A4]', async () => {
    const model = await open([
      { kind: 'say', text: 'I look.', calls: [call('look_up', { city: 'Ulm', days: [1, 2] })] },
      { kind: 'say', calls: [call('look_up', { city: 'Köln' })] },
      say(words),
    ]);
    let messages = question.messages;
    const first = await model.turn({ ...question, messages }, { signal: never });
    expect(first.stopReason).toBe('tool_use');
    expect(first.text).toBe('I look.');
    expect(callsIn(first)).toMatchObject([{ name: 'look_up', input: { city: 'Ulm', days: [1, 2] } }]);
    messages = answered(messages, first);
    const second = await model.turn({ ...question, messages }, { signal: never });
    expect(callsIn(second)).toMatchObject([{ name: 'look_up', input: { city: 'Köln' } }]);
    messages = answered(messages, second);
    const third = await model.turn({ ...question, messages }, { signal: never });
    expect(third).toMatchObject({ text: words, stopReason: 'end_turn' });
    expect(JSON.stringify(fake?.requests[2])).toContain('sunny');
  });

  test('tools are called in parallel and all their results go back, failed ones too', async () => {
    const calls = [call('look_up', { city: 'Ulm' }), call('look_up', { city: 'Bern' })];
    const model = await open([{ kind: 'say', calls }, say(words)]);
    const first = await model.turn(question, { signal: never });
    expect(callsIn(first).map(({ input }) => input)).toEqual([{ city: 'Ulm' }, { city: 'Bern' }]);
    expect(new Set(callsIn(first).map(({ id }) => id)).size).toBe(2);
    const messages = answered(question.messages, first, true);
    const second = await model.turn({ ...question, messages }, { signal: never });
    expect(second.text).toBe(words);
  });

  test('a 429 without retry-after is tried again after a wait of our own', async () => {
    const time = new ShortTime();
    const { turn, restarts } = await ask([{ kind: 'status', status: 429 }, say(words)], time);
    expect(turn.text).toBe(words);
    expect(time.waits()).toEqual([500]);
    expect(restarts).toBe(0);
  });

  test('a 429 with retry-after waits as long as it says', async () => {
    const time = new ShortTime();
    await ask([{ kind: 'status', status: 429, retryAfterSeconds: 17 }, say(words)], time);
    expect(time.waits()).toEqual([17_000]);
  });

  test.each([500, 503, 529])('a %i is tried again', async (status) => {
    const { turn } = await ask([{ kind: 'status', status }, say(words)]);
    expect(turn.text).toBe(words);
    expect(fake?.requests).toHaveLength(2);
  });

  test.each(['error', 'cut'] as const)(
    'a stream that ends with "%s" voids what was written, is paid for, and is tried again',
    async (how) => {
      const { turn, heard, restarts } = await ask([{ kind: 'break', how, text: words }, say(words)]);
      expect(restarts).toBe(1);
      expect(heard.join('')).toBe(words);
      expect(turn.text).toBe(words);
      const { usage } = (await ask([say(words)])).turn;
      expect(turn.usage.outputTokens).toBeGreaterThan(usage.outputTokens);
    },
  );

  test('an overload that lasts is given up after four calls', async () => {
    const error = await failure([{ kind: 'status', status: 503 }]);
    expect(error).toMatchObject({ code: 'provider_unavailable', retryable: true });
    expect(fake?.requests).toHaveLength(4);
  });

  test('an input that is no JSON is marked, and the conversation goes on', async () => {
    const calls = [call('look_up', { city: 'Ulm' }), { name: 'look_up', json: '{"city": "Be' }];
    const model = await open([{ kind: 'say', calls }, say(words)]);
    const first = await model.turn(question, { signal: never });
    expect(first.stopReason).toBe('tool_use');
    const [good, bad] = callsIn(first);
    expect(good).not.toHaveProperty('invalid');
    expect(bad).toMatchObject({ input: {}, invalid: expect.stringContaining('no valid JSON') });
    const messages = answered(question.messages, first, true);
    expect((await model.turn({ ...question, messages }, { signal: never })).text).toBe(words);
  });

  test('calls of an answer that the token limit cuts off are marked, whole ones too', async () => {
    const calls = [call('look_up', { city: 'Ulm' }), call('look_up', { city: 'x'.repeat(400) })];
    const model = await open([{ kind: 'say', calls, stop: 'max_tokens' }]);
    const turn = await model.turn({ ...question, maxTokens: 40 }, { signal: never });
    expect(turn.stopReason).toBe('max_tokens');
    expect(callsIn(turn)).toMatchObject([{ invalid: expect.any(String) }, { invalid: expect.any(String) }]);
  });

  test('a refusal is an answer with its own stop reason', async () => {
    const { turn } = await ask([{ kind: 'say', text: '', stop: 'refusal' }]);
    expect(turn.stopReason).toBe('refusal');
  });

  test('a credential that is not taken is final, and says what to do', async () => {
    const error = await failure([badKey]);
    expect(error).toMatchObject({ code: 'provider_key_missing', retryable: false });
    expect(error.remedy).toEqual(expect.any(String));
    expect(fake?.requests).toHaveLength(1);
  });

  if (spendLimit) {
    test('a spend limit is not waited for', async () => {
      const error = await failure([spendLimit]);
      expect(error).toMatchObject({ code: 'provider_refused', retryable: false });
      expect(fake?.requests).toHaveLength(1);
    });
  }

  test('a model that is not there is named', async () => {
    const error = await failure([{ kind: 'status', status: 404, message: 'no such model' }]);
    expect(error).toMatchObject({ code: 'unknown_model', retryable: false });
    expect(error.message).toContain('no such model');
  });

  test('a server that cannot be reached is unavailable', async () => {
    const model = await open([say(words)]);
    await fake?.close();
    await expect(model.turn(question, { signal: never })).rejects.toMatchObject({
      code: 'provider_unavailable',
      retryable: true,
    });
  });

  test('a turn that is stopped ends at once and says what it has used', async () => {
    const model = await open([{ kind: 'break', how: 'hang', text: words }]);
    const stop = new AbortController();
    const turn = model.turn(question, { signal: stop.signal, onText: () => stop.abort() });
    await expect(turn).rejects.toMatchObject({
      code: 'interrupted',
      usage: { inputTokens: expect.any(Number) },
    });
    expect(fake?.requests).toHaveLength(1);
  });

  test.each([400, 401, 500])('a secret that a %i echoes is in no error', async (status) => {
    const message = `denied: token-${canary} and ${canary}`;
    const error = await failure([{ kind: 'status', status, message }]);
    expect(error.message).toContain('denied: ');
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(canary);
    expect(JSON.stringify(error)).not.toContain(canary);
  });
});
