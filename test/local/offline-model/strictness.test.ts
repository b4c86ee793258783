import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  type RunningOfflineModel,
  startOfflineModel,
} from '../../../lib/local/offline-model/start-offline-model.ts';
import { scriptWith } from '../../fakes/chat-script.ts';

let server: RunningOfflineModel;
beforeAll(async () => {
  server = await startOfflineModel({ script: scriptWith(), deltaMs: 0 });
});
afterAll(() => server.close());

type Fields = Record<string, unknown>;

const user = (content: unknown) => ({ role: 'user', content });
const assistant = (content: unknown) => ({ role: 'assistant', content });
const use = (id: string) => ({ type: 'tool_use', id, name: 'look', input: {} });
const result = (id: string) => ({ type: 'tool_result', tool_use_id: id, content: 'seen' });
const text = (more: Fields = {}) => ({ type: 'text', text: 'words', ...more });
const cached = (ttl?: string) => ({ cache_control: { type: 'ephemeral', ...(ttl && { ttl }) } });
const tool = { name: 'look', input_schema: { type: 'object', properties: {} } };
const valid = { model: 'claude-sonnet-5-5', max_tokens: 100, messages: [user('Hello')] };

const headers: Record<string, string> = {
  authorization: 'Bearer some-key',
  'anthropic-version': '2026-10-21',
  'content-type': 'application/json',
};

async function post(
  body: unknown,
  overrides: Record<string, string | undefined> = {},
  path = '/v1/messages',
) {
  const kept = Object.entries({ ...headers, ...overrides }).filter(
    (entry): entry is [string, string] => !!entry[1],
  );
  const response = await fetch(server.url + path, {
    method: 'POST',
    headers: Object.fromEntries(kept),
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return {
    response,
    body: (await response.json()) as { type: string; error?: { type: string; message: string } },
  };
}

const accepted: [string, Fields][] = [
  ['a plain request', {}],
  ['a system prompt as text', { system: 'Be brief.' }],
  ['a system prompt as blocks', { system: [text(cached())] }],
  [
    'a later message of the system',
    { messages: [user('Hello'), { role: 'system', content: 'Now in French' }] },
  ],
  ['adaptive thinking', { thinking: { type: 'adaptive' } }],
  ['thinking between tools on sonnet-5-5', { thinking: { type: 'between_tools' } }],
  [
    'a thinking budget on haiku-4-5',
    { model: 'claude-haiku-4-5', max_tokens: 4_000, thinking: { type: 'enabled', budget_tokens: 2_000 } },
  ],
  ['disabled thinking on haiku-5-5', { model: 'claude-haiku-5-5', thinking: { type: 'disabled' } }],
  ['prefill on haiku-4-5', { model: 'claude-haiku-4-5', messages: [user('Hello'), assistant('I')] }],
  ['tools with auto choice', { tools: [tool], tool_choice: { type: 'auto' } }],
  ['forced tools on opus-4-8', { model: 'claude-opus-4-8', tools: [tool], tool_choice: { type: 'any' } }],
  ['a tool that the provider defines', { tools: [{ type: 'bash_20250124', name: 'bash' }] }],
  [
    'complete pairs',
    { messages: [user('Go'), assistant([use('a'), use('b')]), user([result('b'), result('a'), text()])] },
  ],
  [
    'four breakpoints, the longer first',
    {
      system: [text(cached('1h')), text(cached())],
      messages: [user([text(cached()), text()])],
      cache_control: { type: 'ephemeral' },
    },
  ],
];

test.each(accepted)('%s is accepted', async (_, fields) => {
  const { response, body } = await post({ ...valid, ...fields });
  expect(body.error).toBeUndefined();
  expect(response.status).toBe(200);
});

const refused: [string, Fields, string][] = [
  ['no max_tokens', { max_tokens: undefined }, 'max_tokens: Field required'],
  ['max_tokens below 0', { max_tokens: -1 }, 'max_tokens: Input should be greater than or equal to 0'],
  [
    'max_tokens beyond 128,000',
    { max_tokens: 128_001 },
    'max_tokens: Input should be less than or equal to 128000',
  ],
  [
    'max_tokens beyond the model',
    { model: 'claude-haiku-4-5', max_tokens: 64_001 },
    'maximum allowed number of output tokens',
  ],
  ['no model', { model: undefined }, 'model: Field required'],
  ['no messages', { messages: [] }, 'messages: at least one message is required'],
  ['empty content', { messages: [user('')] }, 'messages.0.content: '],
  [
    'an empty text block',
    { messages: [user([text({ text: '' })])] },
    'text content blocks must be non-empty',
  ],
  [
    'an assistant that begins',
    { messages: [assistant('Hi'), user('Hello')] },
    'first message must use the "user" role',
  ],
  ['an unknown role', { messages: [{ role: 'tool', content: 'x' }] }, 'messages.0.role: '],
  ['an unknown block', { messages: [user([{ type: 'hologram' }])] }, 'messages.0.content'],
  [
    'a block in the wrong role',
    { messages: [user([use('a')])] },
    '`tool_use` blocks are not permitted in user messages',
  ],
  [
    'prefill on a new model',
    { messages: [user('Hello'), assistant('I')] },
    'does not support assistant message prefill',
  ],
  ['temperature', { temperature: 0.5 }, 'temperature: Extra inputs are not permitted'],
  ['top_p', { top_p: 0.5 }, 'top_p: Extra inputs are not permitted'],
  ['top_k', { top_k: 5 }, 'top_k: Extra inputs are not permitted'],
  ['an unknown field', { tempo: 'fast' }, 'tempo: Extra inputs are not permitted'],
  ['an unknown field of a block', { messages: [user([text({ colour: 'red' })])] }, 'messages.0.content'],
  ['a tool without a schema', { tools: [{ name: 'look' }] }, 'tools.0'],
  ['two tools of one name', { tools: [tool, tool] }, 'tools: Tool names must be unique'],
  [
    'a choice without tools',
    { tool_choice: { type: 'auto' } },
    'tool_choice: may only be specified while providing tools',
  ],
  [
    'any tool forced on sonnet-5-5',
    { tools: [tool], tool_choice: { type: 'any' } },
    'forced tool use is not supported by claude-sonnet-5-5',
  ],
  [
    'a tool forced on opus-5-5',
    { model: 'claude-opus-5-5', tools: [tool], tool_choice: { type: 'tool', name: 'look' } },
    'forced tool use is not supported by claude-opus-5-5',
  ],
  [
    'a tool forced on fable-5-2',
    { model: 'claude-fable-5-2', tools: [tool], tool_choice: { type: 'any' } },
    'forced tool use is not supported by claude-fable-5-2',
  ],
  [
    'a forced tool that is not there',
    { model: 'claude-opus-4-8', tools: [tool], tool_choice: { type: 'tool', name: 'touch' } },
    "Tool 'touch' not found",
  ],
  [
    'a thinking budget on a new model',
    { max_tokens: 4_000, thinking: { type: 'enabled', budget_tokens: 2_000 } },
    'budget_tokens is not supported by claude-sonnet-5-5',
  ],
  [
    'a thinking budget beyond max_tokens',
    { model: 'claude-haiku-4-5', thinking: { type: 'enabled', budget_tokens: 2_000 } },
    '`max_tokens` must be greater',
  ],
  [
    'disabled thinking on opus-5-5',
    { model: 'claude-opus-5-5', thinking: { type: 'disabled' } },
    'thinking: cannot be disabled on claude-opus-5-5',
  ],
  [
    'disabled thinking on haiku-5-5 at high cost',
    { model: 'claude-haiku-5-5', thinking: { type: 'disabled' }, output_config: { effort: 'max' } },
    'cannot be disabled on claude-haiku-5-5 at this effort',
  ],
  [
    'thinking between tools elsewhere',
    { model: 'claude-opus-5-5', thinking: { type: 'between_tools' } },
    'between_tools is not supported',
  ],
  [
    'a tool use without its result',
    { messages: [user('Go'), assistant([use('a')]), user('And?')] },
    'messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: a',
  ],
  [
    'one result of two',
    { messages: [user('Go'), assistant([use('a'), use('b')]), user([result('a')])] },
    'immediately after: b',
  ],
  [
    'a result without its use',
    { messages: [user([result('a')])] },
    'messages.0: unexpected `tool_use_id` found in `tool_result` blocks: a',
  ],
  [
    'a result that comes twice',
    { messages: [user('Go'), assistant([use('a')]), user([result('a'), result('a')])] },
    'unexpected `tool_use_id`',
  ],
  [
    'a result after text',
    { messages: [user('Go'), assistant([use('a')]), user([text(), result('a')])] },
    '`tool_result` blocks must come first',
  ],
  [
    'one id for two uses',
    {
      messages: [
        user('Go'),
        assistant([use('a')]),
        user([result('a')]),
        assistant([use('a')]),
        user([result('a')]),
      ],
    },
    '`tool_use` ids must be unique: a',
  ],
  [
    'five breakpoints',
    { messages: [user([1, 2, 3, 4, 5].map(() => text(cached())))] },
    'A maximum of 4 blocks with cache_control may be provided. Found 5.',
  ],
  [
    'a top-level breakpoint as the fifth',
    {
      messages: [user([...[1, 2, 3, 4].map(() => text(cached())), text()])],
      cache_control: { type: 'ephemeral' },
    },
    'Found 5.',
  ],
  [
    'the longer life after the shorter',
    { system: [text(cached())], messages: [user([text(cached('1h'))])] },
    "A ttl='1h' cache_control block must not come after",
  ],
];

test.each(refused)('%s is refused', async (_, fields, message) => {
  const { response, body } = await post({ ...valid, ...fields });
  expect(body).toEqual({
    type: 'error',
    error: { type: 'invalid_request_error', message: expect.stringContaining(message) },
    request_id: response.headers.get('request-id'),
  });
  expect(response.status).toBe(400);
});

test.each([
  ['no key', { authorization: undefined }, 401, 'authentication_error'],
  ['no version', { 'anthropic-version': undefined }, 400, 'invalid_request_error'],
  ['an older version', { 'anthropic-version': '2023-06-01' }, 400, 'invalid_request_error'],
])('a request with %s is refused', async (_, overrides, status, type) => {
  const { response, body } = await post(valid, overrides);
  expect(response.status).toBe(status);
  expect(body.error?.type).toBe(type);
});

test('a key in x-api-key is a key too', async () => {
  const { response } = await post(valid, { authorization: undefined, 'x-api-key': 'some-key' });
  expect(response.status).toBe(200);
});

test('a model that is not known is not found', async () => {
  const { response, body } = await post({ ...valid, model: 'claude-nonesuch' });
  expect(response.status).toBe(404);
  expect(body.error).toEqual({ type: 'not_found_error', message: 'model: claude-nonesuch' });
});

test('a body that is no JSON is refused', async () => {
  const { response } = await post('{"model":');
  expect(response.status).toBe(400);
});

test('a body of more than 32 MiB is refused', async () => {
  const { response, body } = await post({ ...valid, system: 'x'.repeat(33 * 1_024 * 1_024) });
  expect(response.status).toBe(413);
  expect(body.error?.type).toBe('request_too_large');
});

test('another path is not found, and says what there is', async () => {
  const { response, body } = await post(valid, {}, '/v1/complete');
  expect(response.status).toBe(404);
  expect(body.error?.message).toContain('POST /v1/messages only');
});

test('the path prefix of the local cloud is understood', async () => {
  const { response } = await post(valid, {}, '/offline-model/v1/messages?beta=true');
  expect(response.status).toBe(200);
});

test('every answer says that it is not the real one, errors too', async () => {
  for (const fields of [{}, { max_tokens: -1 }]) {
    const { response } = await post({ ...valid, ...fields });
    expect(response.headers.get('x-muster-offline')).toBe('true');
    expect(response.headers.get('request-id')).toMatch(/^req_offline_[0-9a-f]{24}$/);
  }
});
