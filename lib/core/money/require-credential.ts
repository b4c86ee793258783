import { AppError } from '#contracts/errors.ts';
import type { ModelEntry } from '#contracts/model-entry.ts';
import { defaultServer, type ProviderCredential } from '#contracts/provider-keys.ts';
import { requirePrice } from './price.ts';

/**
 * What opens the model, as `start` has handed it out.
 *
 * @throws AppError `provider_key_missing` where it has not, with the command that changes that
 */
export function requireCredential(
  credential: ProviderCredential | undefined,
  model: string,
): ProviderCredential {
  if (credential) return credential;
  const entry = requirePrice(model);
  const message = `There is no key for the provider of ${model} (${entry.provider})`;
  throw new AppError('provider_key_missing', message, { remedy: remedyFor(entry) });
}

function remedyFor({ provider, server = defaultServer }: ModelEntry): string {
  switch (provider) {
    case 'anthropic':
    case 'openai':
    case 'google':
      return `muster keys set ${provider}`;
    case 'self-hosted':
      return `muster keys set self-hosted --name ${server} --base-url http://HOST:PORT`;
    case 'anthropic-aws':
      return 'muster keys set anthropic-aws --workspace WORKSPACE';
    case 'bedrock':
      return 'Use a model of a provider that has a key: muster keys set anthropic';
    default:
      return provider satisfies never;
  }
}
