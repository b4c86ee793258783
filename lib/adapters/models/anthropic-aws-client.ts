import { AnthropicAws } from '@anthropic-ai/aws-sdk';
import { commonOptions, type MakeClient } from './anthropic-client.ts';
import type { KeptCredential } from './kept-credential.ts';

/** Claude Platform on AWS: the Messages API, signed with credentials of AWS instead of a key. */
export function makeAwsClient(credential: KeptCredential): MakeClient {
  return async (fetch, signal) => {
    const { accessKeyId, secretAccessKey, sessionToken, region, workspaceId, baseUrl } =
      await credential.read(signal);
    return new AnthropicAws({
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
  };
}
