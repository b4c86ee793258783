import type { ModelEntry } from '#contracts/model-entry.ts';
import type { ProviderCredential, ProviderKeys } from '#contracts/provider-keys.ts';

/** What opens this model, or undefined where nobody has set it. A server of your own may want nothing. */
export function credentialFor(entry: ModelEntry, keys: ProviderKeys): ProviderCredential | undefined {
  const name = entry.provider;
  switch (name) {
    case 'anthropic':
    case 'openai':
    case 'google': {
      const key = keys[name];
      return key && { name, ...key };
    }
    case 'self-hosted':
      return { name, ...keys[name] };
    case 'anthropic-aws':
    case 'bedrock':
      // Short-lived credentials of a role for models alone: nothing hands them out yet.
      return undefined;
    default:
      return name satisfies never;
  }
}
