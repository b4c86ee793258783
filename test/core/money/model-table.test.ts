import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { readModelTable, renderModelTable } from '../../../lib/cli/model-file.ts';
import { modelEntry, modelPrice } from '../../../lib/contracts/model-entry.ts';
import {
  defaultModel,
  modelPrices,
  modelsWithoutPrice,
  retiredModels,
} from '../../../lib/contracts/model-prices.ts';
import { priceOf, requirePrice } from '../../../lib/core/money/price.ts';
import { requireCredential } from '../../../lib/core/money/require-credential.ts';
import { keyFor } from '../../../lib/core/worker/credential-for.ts';

const repository = join(import.meta.dirname, '../../..');
const yaml = readFileSync(join(repository, 'prompts/models.yaml'), 'utf8');

test('the table is the one that models.yaml says; otherwise: npm run models', () => {
  const written = readFileSync(join(repository, 'lib/contracts/model-table.ts'), 'utf8');
  expect(renderModelTable(readModelTable(yaml))).toBe(written);
});

test('every price has a day and a source, and every model of a provider a way to it', () => {
  for (const price of Object.values(modelPrices)) expect(modelPrice.parse(price)).toEqual(price);
  for (const entry of Object.values(modelsWithoutPrice)) expect(modelEntry.parse(entry)).toEqual(entry);
  expect(modelPrices[defaultModel]?.provider).toBe('anthropic');
});

test.each([
  ['claude-fable-5-2', [8, 40, 10, 0.2]],
  ['claude-opus-5-5', [4, 20, 5, 0.2]],
  ['claude-sonnet-5-5', [2, 10, 2.5, 0.1]],
  ['claude-haiku-5-5', [0.5, 2.5, 0.625, 0.05]],
  ['claude-opus-5', [5, 25, 6.25, 0.5]],
  ['claude-opus-4-8', [5, 25, 6.25, 0.5]],
  ['claude-sonnet-5', [2, 10, 2.5, 0.2]],
  ['claude-sonnet-4-6', [3, 15, 3.75, 0.3]],
  ['claude-haiku-4-5', [1, 5, 1.25, 0.1]],
  ['gpt-6.2-sol', [2, 10, 2.5, 0.1]],
  ['ollama/qwen3-coder', [0, 0, 0, 0]],
  ['self-hosted/gpu-1/qwen3-coder', [0, 0, 0, 0]],
])('%s costs what its provider says [A8]', (model, prices) => {
  const { input, output, cacheWrite, cacheRead } = requirePrice(model);
  expect([input, output, cacheWrite, cacheRead]).toEqual(prices);
});

test('a self-hosted model costs nothing', () => {
  const usage = { inputTokens: 1_000_000, outputTokens: 1_000_000, cacheReadTokens: 0, cacheWriteTokens: 0 };
  expect(priceOf('ollama/qwen3-coder', usage)).toBe(0);
});

test('a model that nobody has priced is refused, and says where its price goes', () => {
  expect(() => requirePrice('gemini-3-pro')).toThrow(
    expect.objectContaining({
      code: 'unknown_model',
      remedy: expect.stringContaining('Fill in its price in prompts/models.yaml'),
    }),
  );
});

test('what has taken the place of a retired model has a price', () => {
  for (const successor of Object.values(retiredModels)) expect(requirePrice(successor)).toBeDefined();
});

const provider = `  openai: {api: responses, contextTokens: 10, maxOutputTokens: 5, date: 2026-11-18, source: x,
    capabilities: {effort: true, cacheControl: false, adaptiveThinking: false}}`;
const price = '{input: 1, output: 2, cacheWrite: 3, cacheRead: 4}';
const file = (models: string, more = 'retired: {}') =>
  `defaultModel: a\nproviders:\n${provider}\nmodels:\n  a: {provider: openai, price: ${price}}\n${models}\n${more}`;

describe('models.yaml', () => {
  test('says once what a provider’s models have in common', () => {
    const { priced, unpriced } = readModelTable(file('  b: {provider: openai, apiModel: b-1}'));
    expect(priced.a).toMatchObject({ api: 'responses', apiModel: 'a', contextTokens: 10, input: 1 });
    expect(unpriced.b).toMatchObject({ apiModel: 'b-1' });
  });

  test('reads server and model of a self-hosted id out of it, and says otherwise where it is told', () => {
    const own = '{provider: self-hosted, api: messages, contextTokens: 10, maxOutputTokens: 5, CAPS}'.replace(
      'CAPS',
      'capabilities: {effort: false, cacheControl: false, adaptiveThinking: false}',
    );
    const { unpriced } = readModelTable(
      file(
        `  self-hosted/gpu-1/qwen3:32b: ${own}\n  self-hosted/gpu-2/llama: ${own.replace('{', '{apiModel: Meta/Llama_4, ')}`,
      ),
    );
    expect(unpriced['self-hosted/gpu-1/qwen3:32b']).toMatchObject({ server: 'gpu-1', apiModel: 'qwen3:32b' });
    expect(unpriced['self-hosted/gpu-2/llama']).toMatchObject({ server: 'gpu-2', apiModel: 'Meta/Llama_4' });
  });

  test.each([
    ['a price without all its kinds', '  b: {provider: openai, price: {input: 1}}', 'output'],
    ['an unknown field', '  b: {provider: openai, colour: red}', 'colour'],
    ['an unknown provider', '  b: {provider: acme}', 'provider'],
    ['a model of which too little is known', '  b: {provider: bedrock}', 'b is not complete'],
    ['an id with capitals', '  B: {provider: openai}', 'models.B'],
  ])('with %s is refused', (_, models, message) => {
    expect(() => readModelTable(file(models))).toThrow(message);
  });

  test('is refused where it refers to a model without a price', () => {
    expect(() => readModelTable(file('', 'retired: {c: d}'))).toThrow('"d" is referred to, but has no price');
  });

  test('is refused where a model is also retired', () => {
    expect(() => readModelTable(file('', 'retired: {a: a}'))).toThrow('"a" is both a model and retired');
  });
});

describe('a credential', () => {
  const keys = { anthropic: { apiKey: 'k', baseUrl: 'http://localhost:1' }, openai: { apiKey: 'o' } };

  test.each([
    ['claude-sonnet-5-5', { name: 'anthropic', apiKey: 'k', baseUrl: 'http://localhost:1' }],
    ['gpt-6.2-sol', { name: 'openai', apiKey: 'o' }],
    ['ollama/qwen3-coder', { name: 'self-hosted' }],
  ])('of %s is its own provider’s', (model, credential) => {
    expect(keyFor(requirePrice(model), keys)).toEqual(credential);
  });

  test('of a self-hosted model is that of its own server, by name', () => {
    const gpu1 = { baseUrl: 'http://gpu-1:11434' };
    const gpu2 = { baseUrl: 'http://gpu-2:8000', apiKey: 'token' };
    const servers = { 'self-hosted': { 'gpu-1': gpu1, 'gpu-2': gpu2 } };
    const entry = requirePrice('self-hosted/gpu-1/qwen3-coder');
    expect(keyFor(entry, servers)).toEqual({ name: 'self-hosted', ...gpu1 });
    expect(keyFor({ ...entry, server: 'gpu-2' }, servers)).toEqual({ name: 'self-hosted', ...gpu2 });
    for (const server of ['gpu-3', 'constructor'])
      expect(keyFor({ ...entry, server }, servers)).toBeUndefined();
  });

  test('of a server that nobody has set is asked for by its name', () => {
    expect(() => requireCredential(undefined, 'self-hosted/gpu-1/qwen3-coder')).toThrow(
      expect.objectContaining({
        code: 'provider_key_missing',
        remedy: 'muster keys set self-hosted --name gpu-1 --base-url http://HOST:PORT',
      }),
    );
  });

  test('that nobody has set is undefined, and asked for by its command [A5]', () => {
    expect(keyFor(requirePrice('gpt-6.2-sol'), {})).toBeUndefined();
    expect(() => requireCredential(undefined, 'gpt-6.2-sol')).toThrow(
      expect.objectContaining({ code: 'provider_key_missing', remedy: 'muster keys set openai' }),
    );
  });
});
