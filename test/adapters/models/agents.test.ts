import { afterEach, beforeAll, expect, test } from '@jest/globals';
import type { AgentResult } from '#contracts/job-view.ts';
import { modelPrices, modelsWithoutPrice } from '#contracts/model-prices.ts';
import { systemTime } from '../../../lib/adapters/control/system-time.ts';
import { openModel } from '../../../lib/adapters/models/open-model.ts';
import { keys, resultOf, runAgentAttempt } from '../../fakes/agent-attempt.ts';
import type { FakeAnswer, FakeProvider } from '../../fakes/fake-provider.ts';
import { MemorySandbox } from '../../fakes/memory-sandbox.ts';
import { makeWorkerCloud } from '../../fakes/worker-cloud.ts';
import { adapters, canary } from './adapters.ts';

const makers = [
  'Anthropic',
  'Ollama, over Messages',
  'OpenAI, over Responses',
  'Gemini, over chat completions',
];
const call = (name: string, input: object) => ({ name, json: JSON.stringify(input) });

/** What all of them say: a look, two calls in one turn, the result. */
const answers: FakeAnswer[] = [
  { kind: 'say', text: 'I look.', calls: [call('list_files', {})] },
  {
    kind: 'say',
    calls: [call('write_file', { path: 'a.txt', content: 'hello\n' }), call('read_file', { path: 'a.txt' })],
  },
  {
    kind: 'say',
    calls: [
      call('submit_result', {
        summary: 'Wrote a file.',
        evidence: [{ criterion: 'It is there', check: 'read_file', output: 'hello' }],
        confidence: 0.9,
        limitations: [],
      }),
    ],
  },
];

const modelIds: Readonly<Record<string, string>> = {
  Anthropic: 'claude-sonnet-5-5',
  'Ollama, over Messages': 'ollama/qwen3-coder',
  'OpenAI, over Responses': 'gpt-6.2-sol',
  'Gemini, over chat completions': 'gemini-3-pro',
};

let provider: FakeProvider | undefined;
afterEach(() => provider?.close());

beforeAll(() => {
  // As whoever uses it has to: its maker's price is not in the table.
  const price = { input: 2, output: 12, cacheWrite: 2, cacheRead: 0.2 };
  const entry = modelsWithoutPrice['gemini-3-pro'];
  if (entry) Object.assign(modelPrices, { 'gemini-3-pro': { ...entry, price } });
});

test.each(
  adapters.filter(({ name }) => makers.includes(name)).map((adapter) => [adapter.name, adapter] as const),
)('the same agent with the same tools does its work on %s [B12]', async (name, adapter) => {
  const fake = await adapter.start(answers);
  provider = fake;
  const cloud = makeWorkerCloud({ keys: allKeys });
  const sandbox = new MemorySandbox();
  const payload = { prompt: 'Write a file.', criteria: ['It is there'], model: modelIds[name] };
  const { id } = await cloud.submit({ type: 'agent', payload });
  const ports = {
    openModel: () =>
      openModel({ credential: adapter.credential(fake.url), entry: adapter.entry, time: systemTime }),
  };
  const script = () => {
    throw new Error('the provider speaks, not the script');
  };
  await runAgentAttempt(cloud, id, { script, sandbox, ports });
  expect(await cloud.row(id)).toMatchObject({ status: 'SUCCEEDED', model: modelIds[name] });
  const result: AgentResult = await resultOf(cloud, id);
  expect(result).toMatchObject({ summary: 'Wrote a file.', confidence: 0.9, turns: 3 });
  const written = await sandbox.readFile('a.txt');
  expect(Buffer.from(written).toString('utf8')).toBe('hello\n');
  expect(fake.requests).toHaveLength(3);
  expect(JSON.stringify(result)).not.toContain(canary);
});

const allKeys = {
  ...keys,
  openai: { apiKey: canary },
  google: { apiKey: canary },
  'self-hosted': { default: { baseUrl: 'http://localhost:11434', apiKey: canary } },
};
