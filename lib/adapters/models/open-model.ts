import type { ModelEntry } from '#contracts/model-entry.ts';
import type { AwsCredential, KeyCredential, ProviderCredential } from '#contracts/provider-keys.ts';
import type { Model } from '#core/ports/model.ts';
import type { WorkerTime } from '#core/ports/worker.ts';
import type { MakeClient } from './anthropic-client.ts';

export interface OpenModelOptions {
  credential: ProviderCredential;
  /** Of the price table. Requests to the model that is opened name this one. */
  entry: ModelEntry;
  time: WorkerTime;
}

/** The model behind an entry of the table. Only its own SDK is loaded, and none before this is called. */
export async function openModel({ credential, entry, time }: OpenModelOptions): Promise<Model> {
  switch (entry.api) {
    case 'messages': {
      const [{ makeAnthropicModel }, makeClient] = await Promise.all([
        import('./anthropic.ts'),
        loadClient(credential, entry),
      ]);
      return makeAnthropicModel({ credential, entry, makeClient }, time);
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

async function loadClient(credential: ProviderCredential, entry: ModelEntry): Promise<MakeClient> {
  if (credential.kind !== 'aws') {
    const { makeKeyClient } = await import('./anthropic-client.ts');
    return makeKeyClient(credential, entry.baseUrl);
  }
  return loadAwsClient(credential);
}

async function loadAwsClient(credential: AwsCredential): Promise<MakeClient> {
  if (credential.name === 'bedrock')
    return (await import('./bedrock-client.ts')).makeBedrockClient(credential);
  return (await import('./anthropic-aws-client.ts')).makeAwsClient(credential);
}

function requireKey(credential: ProviderCredential): KeyCredential {
  if (credential.kind !== 'aws') return credential;
  throw new Error(`Models of ${credential.name} speak the Messages API only`);
}
