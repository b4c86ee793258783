import { DescribeSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { providerTagPrefix } from '#contracts/provider-keys.ts';
import type { ConfiguredProviders } from '#core/ports/teams.ts';
import { maxAttempts } from './clients.ts';

/** Which providers have a key, from the secret's tags: whoever reads them need not be able to read the keys. */
export function makeProviderTags(
  SecretId: string,
  client = new SecretsManagerClient({ maxAttempts }),
): ConfiguredProviders {
  return {
    async read() {
      const { Tags = [] } = await client.send(new DescribeSecretCommand({ SecretId }));
      return Tags.flatMap(({ Key }) =>
        Key?.startsWith(providerTagPrefix) ? [Key.slice(providerTagPrefix.length)] : [],
      );
    },
  };
}
