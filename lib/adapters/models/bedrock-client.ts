import { AnthropicBedrockMantle } from '@anthropic-ai/bedrock-sdk';
import type { AwsCredential } from '#contracts/provider-keys.ts';
import { commonOptions, type MakeClient } from './anthropic-client.ts';

/** Amazon Bedrock's Messages-shaped endpoint, signed with credentials of AWS. */
export function makeBedrockClient(credential: AwsCredential): MakeClient {
  const { accessKeyId, secretAccessKey, sessionToken, region, baseUrl } = credential;
  return (fetch) =>
    new AnthropicBedrockMantle({
      ...commonOptions(fetch),
      apiKey: null,
      awsAccessKey: accessKeyId,
      awsSecretAccessKey: secretAccessKey,
      awsSessionToken: sessionToken,
      awsRegion: region,
      // Named always: left out, the SDK would look for it in the environment.
      baseURL: baseUrl ?? `https://bedrock-mantle.${region}.api.aws/anthropic`,
    });
}
