import { AnthropicAws } from '@anthropic-ai/aws-sdk';
import type { AwsCredential } from '#contracts/provider-keys.ts';
import { commonOptions, type MakeClient } from './anthropic-client.ts';

/** Claude Platform on AWS: the Messages API, signed with credentials of AWS instead of a key. */
export function makeAwsClient(credential: AwsCredential): MakeClient {
  const { accessKeyId, secretAccessKey, sessionToken, region, workspaceId, baseUrl } = credential;
  return (fetch) =>
    new AnthropicAws({
      ...commonOptions(fetch),
      apiKey: null,
      awsAccessKey: accessKeyId,
      awsSecretAccessKey: secretAccessKey,
      awsSessionToken: sessionToken,
      awsRegion: region,
      // Named always: left out, the SDK would look for them in the environment.
      baseURL: baseUrl ?? `https://aws-external-anthropic.${region}.api.aws`,
      workspaceId,
    });
}
