import { AnthropicBedrockMantle } from '@anthropic-ai/bedrock-sdk/mantle-client';
import { commonOptions, type MakeClient } from './anthropic-client.ts';
import type { KeptCredential } from './kept-credential.ts';

/** Amazon Bedrock's Messages-shaped endpoint, signed with credentials of AWS. */
export function makeBedrockClient(credential: KeptCredential): MakeClient {
  return async (fetch, signal) => {
    const { accessKeyId, secretAccessKey, sessionToken, region, baseUrl } = await credential.read(signal);
    return new AnthropicBedrockMantle({
      ...commonOptions(fetch),
      apiKey: null,
      awsAccessKey: accessKeyId,
      awsSecretAccessKey: secretAccessKey,
      awsSessionToken: sessionToken,
      awsRegion: region,
      // Named always: left out, the SDK would look for it in the environment.
      baseURL: baseUrl ?? `https://bedrock-mantle.${region}.api.aws/anthropic`,
    });
  };
}
