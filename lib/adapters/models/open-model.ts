import type { ModelEntry } from '#contracts/model-entry.ts';
import {
  type AwsCredential,
  type KeyCredential,
  type ProviderCredential,
  secretsOf,
} from '#contracts/provider-keys.ts';
import type { Model } from '#core/ports/model.ts';
import type { RenewCredential, WorkerTime } from '#core/ports/worker.ts';
import type { AnthropicOptions } from './anthropic.ts';
import { keepCredential } from './kept-credential.ts';

export interface OpenModelOptions {
  credential: ProviderCredential;
  /** Of the price table. Requests to the model that is opened name this one. */
  entry: ModelEntry;
  time: WorkerTime;
  /** Asked for another credential before one of AWS ends. Left out: it is used to its end. */
  renew?: RenewCredential;
}

/** The model behind an entry of the table. Only its own SDK is loaded, and none before this is called. */
export async function openModel(options: OpenModelOptions): Promise<Model> {
  const { credential, entry, time } = options;
  switch (entry.api) {
    case 'messages': {
      const [{ makeAnthropicModel }, opening] = await Promise.all([
        import('./anthropic.ts'),
        credential.kind === 'aws' ? loadAwsClient(credential, options) : loadKeyClient(credential, entry),
      ]);
      return makeAnthropicModel({ name: credential.name, entry, ...opening }, time);
    }
    case 'responses': {
      const { makeResponsesModel } = await import('./openai-responses.ts');
      return makeResponsesModel({ credential: requireKey(credential), entry }, time);
    }
    case 'chat': {
      const { makeChatModel } = await import('./openai-chat.ts');
      return makeChatModel({ credential: requireKey(credential), entry }, time);
    }
    default:
      return entry.api satisfies never;
  }
}

type Opening = Pick<AnthropicOptions, 'makeClient' | 'secrets'>;

async function loadKeyClient(credential: KeyCredential, entry: ModelEntry): Promise<Opening> {
  const { makeKeyClient } = await import('./anthropic-client.ts');
  return { makeClient: makeKeyClient(credential, entry.baseUrl), secrets: () => secretsOf(credential) };
}

async function loadAwsClient(
  credential: AwsCredential,
  { renew = async () => credential, time }: OpenModelOptions,
): Promise<Opening> {
  const kept = keepCredential(credential, renew, time);
  const makeClient =
    credential.name === 'bedrock'
      ? (await import('./bedrock-client.ts')).makeBedrockClient(kept)
      : (await import('./anthropic-aws-client.ts')).makeAwsClient(kept);
  return { makeClient, secrets: kept.secrets };
}

function requireKey(credential: ProviderCredential): KeyCredential {
  if (credential.kind !== 'aws') return credential;
  throw new Error(`Models of ${credential.name} speak the Messages API only`);
}
