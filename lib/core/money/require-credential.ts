import { AppError } from '#contracts/errors.ts';
import type { ModelProvider, ProviderCredential } from '#contracts/provider-keys.ts';
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
  const { provider } = requirePrice(model);
  throw new AppError('provider_key_missing', `There is no key for the provider of ${model} (${provider})`, {
    remedy: remedyFor(provider),
  });
}

function remedyFor(provider: ModelProvider): string {
  switch (provider) {
    case 'anthropic':
    case 'openai':
    case 'google':
      return `muster keys set ${provider}`;
    case 'self-hosted':
    case 'anthropic-aws':
    case 'bedrock':
      return 'Use a model of a provider that has a key: muster keys set anthropic';
    default:
      return provider satisfies never;
  }
}
