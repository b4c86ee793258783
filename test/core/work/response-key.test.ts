import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ProviderCredential } from '#contracts/provider-keys.ts';
import type { ModelRequest } from '#core/ports/model.ts';
import { responseKeyOf } from '#core/work/response-key.ts';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const credential: ProviderCredential = { name: 'anthropic', apiKey: 'sk-1' };
const keyOf = (request: ModelRequest, by: ProviderCredential = credential) =>
  responseKeyOf(request, by, sha256);

const json = fc.jsonValue({ maxDepth: 2 });
const block = fc.oneof(
  fc.record({ type: fc.constant('text' as const), text: fc.string() }),
  fc.record({
    type: fc.constant('tool_use' as const),
    id: fc.string({ minLength: 1 }),
    name: fc.string(),
    input: json,
  }),
  fc.record({
    type: fc.constant('tool_result' as const),
    toolUseId: fc.string({ minLength: 1 }),
    content: fc.string(),
    isError: fc.boolean(),
  }),
);
const message = fc.record({
  role: fc.constantFrom('user' as const, 'assistant' as const),
  content: fc.array(block, { maxLength: 3 }),
});
const tool = fc.record({
  name: fc.string(),
  description: fc.string(),
  inputSchema: fc.record({ type: fc.constant('object' as const), properties: json }),
});
const request: fc.Arbitrary<ModelRequest> = fc.record({
  model: fc.constantFrom('claude-sonnet-5-5', 'claude-haiku-5-5'),
  system: fc.option(fc.string(), { nil: undefined }),
  messages: fc.array(message, { minLength: 1, maxLength: 4 }),
  tools: fc.array(tool, { maxLength: 2 }),
  maxTokens: fc.integer({ min: 1, max: 128_000 }),
  effort: fc.constantFrom(undefined, 'low' as const, 'high' as const),
});

/** The same value whose objects have their fields in another order. */
function turned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turned);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).reverse();
  return Object.fromEntries(fields.map(([name, inner]) => [name, turned(inner)]));
}

test('the same request has the same key, in whatever order its fields come [D9]', () => {
  fc.assert(
    fc.property(request, (one) => {
      expect(keyOf(turned(one) as ModelRequest)).toBe(keyOf(structuredClone(one)));
    }),
  );
});

test('requests that differ have different keys [D9]', () => {
  const text = (value: ModelRequest) => JSON.stringify(turned(turned(value)));
  fc.assert(
    fc.property(request, request, (one, other) => {
      fc.pre(JSON.stringify(sorted(one)) !== JSON.stringify(sorted(other)));
      expect([text(one), keyOf(one)]).not.toEqual([text(one), keyOf(other)]);
    }),
  );
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(fields.map(([name, inner]) => [name, sorted(inner)]));
}

const plain: ModelRequest = {
  model: 'claude-sonnet-5-5',
  system: 'Be brief.',
  messages: [{ role: 'user', content: [{ type: 'text', text: 'Why?' }] }],
  tools: [{ name: 'look', description: 'Looks.', inputSchema: { type: 'object', properties: {} } }],
  maxTokens: 1_000,
  effort: 'low',
};
const words = (text: string) => ({ role: 'user' as const, content: [{ type: 'text' as const, text }] });

test.each<[string, Partial<ModelRequest>]>([
  ['the model', { model: 'claude-haiku-5-5' }],
  ['the system text', { system: 'Be brief!' }],
  ['that there is a system text', { system: undefined }],
  ['a letter of the prompt', { messages: [words('why?')] }],
  ['a message more', { messages: [words('Why?'), words('Say it.')] }],
  ['where one message ends', { messages: [words('Why'), words('?')] }],
  ['that there are tools', { tools: [] }],
  ['what a tool is said to do', { tools: [{ ...plain.tools?.[0], description: 'Looks!' } as never] }],
  ['the longest answer', { maxTokens: 1_001 }],
  ['the effort', { effort: 'high' }],
  ['that no effort is given', { effort: undefined }],
])('%s is part of the key [D9]', (_what, change) => {
  expect(keyOf({ ...plain, ...change })).not.toBe(keyOf(plain));
});

test('what a stand-in answers is not given where the real one is asked [D9]', () => {
  const offline = { ...credential, baseUrl: 'http://127.0.0.1:4100/offline-model' };
  const other = { ...credential, baseUrl: 'http://127.0.0.1:4101/offline-model' };
  expect(new Set([keyOf(plain), keyOf(plain, offline), keyOf(plain, other)]).size).toBe(3);
});

test('neither a key of the provider nor what the provider keeps for itself is part of it', () => {
  expect(keyOf(plain, { name: 'anthropic', apiKey: 'sk-2' })).toBe(keyOf(plain));
  expect(keyOf({ ...plain, cache: 'agent' })).toBe(keyOf(plain));
});
