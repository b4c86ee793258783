import type { ModelProvider, ProviderCredential } from '#contracts/provider-keys.ts';

export interface ProviderName {
  /** As people know it, for messages. */
  label: string;
  /** What to do when it does not take the credential. */
  keyRemedy: string;
}

const allowRole = 'Allow the role that models are called with to use this model';

const names: Readonly<Record<ModelProvider, ProviderName>> = {
  anthropic: { label: 'Anthropic', keyRemedy: 'muster keys set anthropic' },
  openai: { label: 'OpenAI', keyRemedy: 'muster keys set openai' },
  google: { label: 'Google', keyRemedy: 'muster keys set google' },
  'anthropic-aws': { label: 'Claude Platform on AWS', keyRemedy: allowRole },
  bedrock: { label: 'Amazon Bedrock', keyRemedy: allowRole },
  'self-hosted': {
    label: 'The self-hosted server',
    keyRemedy: 'Set its token: muster keys set self-hosted --name NAME --base-url URL',
  },
};

export function providerNameOf(credential: Pick<ProviderCredential, 'name'>): ProviderName {
  return names[credential.name];
}
