import type { ModelEntry } from '../../../lib/contracts/model-entry.ts';
import { modelPrices, modelsWithoutPrice } from '../../../lib/contracts/model-prices.ts';
import type { ProviderCredential } from '../../../lib/contracts/provider-keys.ts';
import { startFakeAnthropic } from '../../fakes/fake-anthropic.ts';
import { startFakeChat } from '../../fakes/fake-chat-completions.ts';
import { startFakeOllama } from '../../fakes/fake-ollama.ts';
import type { FakeAnswer, FakeProvider } from '../../fakes/fake-provider.ts';
import { startFakeResponses } from '../../fakes/fake-responses.ts';

/** Planted, and looked for in every error. */
export const canary = 'sk-canary-0123456789abcdef';

/** A way to a model, with a fake of the server at its end. */
export interface Adapter {
  name: string;
  entry: ModelEntry;
  credential(baseUrl: string): ProviderCredential;
  start(answers: readonly FakeAnswer[]): Promise<FakeProvider>;
  /** How the provider refuses a credential, and says that money is used up, where it says so at all. */
  badKey: FakeAnswer;
  spendLimit?: FakeAnswer;
}

export function entryOf(id: string, change: Partial<ModelEntry> = {}): ModelEntry {
  const entry = modelPrices[id] ?? modelsWithoutPrice[id];
  if (!entry) throw new Error(`no model ${id}`);
  return { ...entry, ...change };
}

const withKey = (name: 'anthropic' | 'openai' | 'google' | 'self-hosted') => (baseUrl: string) => ({
  name,
  apiKey: canary,
  baseUrl,
});

const signed = (name: 'anthropic-aws' | 'bedrock') => (baseUrl: string) => ({
  kind: 'aws' as const,
  name,
  accessKeyId: 'AKIATEST',
  secretAccessKey: canary,
  sessionToken: `token-${canary}`,
  validSeconds: 3_600,
  region: 'eu-central-1',
  ...(name === 'anthropic-aws' && { workspaceId: 'wrkspc_1' }),
  baseUrl,
});

const status = (code: number, more: { code?: string } = {}): FakeAnswer => ({
  kind: 'status',
  status: code,
  ...more,
});

const overAnthropicLimit = status(429, { code: 'enforced_spend_limit_reached' });

export const adapters: readonly Adapter[] = [
  {
    name: 'Anthropic',
    entry: entryOf('claude-sonnet-5-5'),
    credential: withKey('anthropic'),
    start: (answers) => startFakeAnthropic(answers),
    badKey: status(401),
    spendLimit: overAnthropicLimit,
  },
  {
    name: 'Claude Platform on AWS',
    entry: entryOf('aws/claude-sonnet-5-5'),
    credential: signed('anthropic-aws'),
    start: (answers) => startFakeAnthropic(answers, 'aws-external-anthropic'),
    badKey: status(401),
    spendLimit: overAnthropicLimit,
  },
  {
    name: 'Bedrock',
    entry: entryOf('bedrock/claude-sonnet-5-5'),
    credential: signed('bedrock'),
    start: (answers) => startFakeAnthropic(answers, 'bedrock-mantle'),
    badKey: status(401),
  },
  {
    name: 'Ollama, over Messages',
    entry: entryOf('ollama/qwen3-coder'),
    credential: withKey('self-hosted'),
    start: startFakeOllama,
    badKey: status(401),
  },
  {
    name: 'OpenAI, over Responses',
    entry: entryOf('gpt-6.2-sol'),
    credential: withKey('openai'),
    start: startFakeResponses,
    badKey: status(401, { code: 'invalid_api_key' }),
    spendLimit: status(429, { code: 'insufficient_quota' }),
  },
  {
    name: 'Gemini, over chat completions',
    entry: entryOf('gemini-3-pro'),
    credential: withKey('google'),
    start: (answers) => startFakeChat(answers, 'gemini'),
    badKey: status(400, { code: 'API_KEY_INVALID' }),
  },
  {
    name: 'a server of chat completions',
    entry: entryOf('ollama/qwen3-coder', { api: 'chat' }),
    credential: withKey('self-hosted'),
    start: (answers) => startFakeChat(answers, 'plain'),
    badKey: status(401),
    spendLimit: status(429, { code: 'insufficient_quota' }),
  },
];
