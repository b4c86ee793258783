import { afterEach, expect, test } from '@jest/globals';
import { openModel } from '../../../lib/adapters/models/open-model.ts';
import type { ModelEntry } from '../../../lib/contracts/model-entry.ts';
import type { ModelRequest } from '../../../lib/core/ports/model.ts';
import { startFakeChat } from '../../fakes/fake-chat-completions.ts';
import type { FakeAnswer, FakeProvider } from '../../fakes/fake-provider.ts';
import { startFakeResponses } from '../../fakes/fake-responses.ts';
import { ShortTime } from '../../fakes/short-time.ts';
import { canary, entryOf } from './adapters.ts';

let fake: FakeProvider | undefined;
afterEach(() => fake?.close());

const never = new AbortController().signal;
const tool = {
  name: 'bash',
  description: 'Runs a command.',
  inputSchema: { type: 'object' as const, properties: { command: { type: 'string' } } },
};
/** A turn behind it and one before it, as an agent's request has them. */
const request: ModelRequest = {
  model: 'any',
  system: 'Be brief.',
  tools: [tool],
  messages: [
    { role: 'user', content: [{ type: 'text', text: 'Go' }] },
    {
      role: 'assistant',
      content: [
        { type: 'text', text: 'I look.' },
        { type: 'tool_use', id: 'call_1', name: 'bash', input: { command: 'ls' } },
      ],
    },
    {
      role: 'user',
      content: [
        { type: 'tool_result', toolUseId: 'call_1', content: 'no such file', isError: true },
        { type: 'text', text: 'Hurry up.' },
      ],
    },
  ],
  maxTokens: 100,
  cache: 'agent',
  effort: 'max',
};
const hello: FakeAnswer = { kind: 'say', text: 'Hello.' };

const googleKey = (baseUrl: string) => ({ name: 'google' as const, apiKey: canary, baseUrl });
const openAiKey = (baseUrl: string) => ({ name: 'openai' as const, apiKey: canary, baseUrl });

async function respond(answer: FakeAnswer = hello) {
  fake = await startFakeResponses([answer]);
  const entry = entryOf('gpt-6.2-sol');
  return openModel({ credential: openAiKey(fake.url), entry, time: new ShortTime() });
}

async function complete(answer: FakeAnswer = hello, change: Partial<ModelEntry> = {}) {
  fake = await startFakeChat([answer], 'gemini');
  const entry = entryOf('gemini-3-pro', change);
  return openModel({ credential: googleKey(fake.url), entry, time: new ShortTime() });
}

test('Responses are asked for with everything in the request, and nothing kept there', async () => {
  const model = await respond();
  await model.turn(request, { signal: never });
  expect(fake?.requests).toEqual([
    {
      model: 'gpt-6.2-sol',
      max_output_tokens: 100,
      instructions: 'Be brief.',
      input: [
        { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Go' }] },
        {
          type: 'message',
          role: 'assistant',
          content: [{ type: 'output_text', text: 'I look.', annotations: [] }],
        },
        { type: 'function_call', call_id: 'call_1', name: 'bash', arguments: '{"command":"ls"}' },
        { type: 'function_call_output', call_id: 'call_1', output: 'Error: no such file' },
        { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hurry up.' }] },
      ],
      tools: [
        {
          type: 'function',
          name: 'bash',
          description: 'Runs a command.',
          parameters: tool.inputSchema,
          strict: false,
        },
      ],
      reasoning: { effort: 'max' },
      include: ['reasoning.encrypted_content'],
      store: false,
      stream: true,
    },
  ]);
});

test('chat completions are asked for in the words that all servers know', async () => {
  const model = await complete(hello);
  const messages = request.messages.map((message) => ({
    ...message,
    content: message.content.map((block) =>
      block.type === 'tool_use'
        ? {
            ...block,
            raw: {
              api: 'chat' as const,
              value: { extra_content: { google: { thought_signature: 'sig-1' } } },
            },
          }
        : block,
    ),
  }));
  await model.turn({ ...request, messages }, { signal: never });
  expect(fake?.requests).toEqual([
    {
      model: 'gemini-3-pro-preview',
      max_tokens: 100,
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Go' },
        {
          role: 'assistant',
          content: 'I look.',
          tool_calls: [
            {
              id: 'call_1',
              type: 'function',
              function: { name: 'bash', arguments: '{"command":"ls"}' },
              extra_content: { google: { thought_signature: 'sig-1' } },
            },
          ],
        },
        { role: 'tool', tool_call_id: 'call_1', content: 'Error: no such file' },
        { role: 'user', content: 'Hurry up.' },
      ],
      tools: [
        {
          type: 'function',
          function: { name: 'bash', description: 'Runs a command.', parameters: tool.inputSchema },
        },
      ],
      reasoning_effort: 'high',
      stream: true,
      stream_options: { include_usage: true },
    },
  ]);
});

test('tokens from the cache are not counted twice', async () => {
  const responses = await respond();
  expect((await responses.turn(request, { signal: never })).usage).toEqual({
    inputTokens: 100,
    cacheReadTokens: 600,
    cacheWriteTokens: 300,
    outputTokens: 50,
  });
  await fake?.close();
  const chat = await complete(hello, {
    capabilities: { effort: false, cacheControl: false, adaptiveThinking: false },
  });
  const question = { ...request, messages: request.messages.slice(0, 1) };
  // Thinking is in the total only, and is paid for as output.
  expect((await chat.turn(question, { signal: never })).usage).toEqual({
    inputTokens: 40,
    cacheReadTokens: 60,
    cacheWriteTokens: 0,
    outputTokens: 50,
  });
  expect(fake?.requests[0]).not.toHaveProperty('reasoning_effort');
});

test('a refusal says what the model said', async () => {
  const model = await respond({ kind: 'say', stop: 'refusal' });
  expect(await model.turn(request, { signal: never })).toMatchObject({
    stopReason: 'refusal',
    stopDetail: 'I cannot help with that.',
    text: '',
  });
});

test('arguments go back as the model wrote them, down to their spaces', async () => {
  const json = '{ "command" :  "ls" }';
  const model = await respond({ kind: 'say', calls: [{ name: 'bash', json }] });
  const question = { ...request, messages: request.messages.slice(0, 1) };
  const { content } = await model.turn(question, { signal: never });
  const call = content.find((block) => block.type === 'tool_use');
  expect(call).toMatchObject({ input: { command: 'ls' }, raw: { value: { arguments: json } } });
});

test("the message of Google's error is told", async () => {
  const model = await complete({ kind: 'status', status: 400, message: 'tools[0]: no such type' });
  const question = { ...request, messages: request.messages.slice(0, 1) };
  await expect(model.turn(question, { signal: never })).rejects.toThrow(
    'Google answered 400: tools[0]: no such type',
  );
});
