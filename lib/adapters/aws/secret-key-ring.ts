import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { AppError } from '#contracts/errors.ts';
import { type ProviderKeys, providerKeys } from '#contracts/provider-keys.ts';
import type { KeyRing } from '#core/ports/keys.ts';
import { maxAttempts } from './clients.ts';

/** A busy deployment reads the secret once a minute; a key that was changed works within that time. */
const keptMs = 60_000;

export function makeSecretKeyRing(SecretId: string, nowMs: () => number): KeyRing {
  const client = new SecretsManagerClient({ maxAttempts });
  let kept: { keys: ProviderKeys; untilMs: number } | undefined;
  return {
    async read(fresh = false) {
      if (!fresh && kept && kept.untilMs > nowMs()) return kept.keys;
      const { SecretString = '{}' } = await client.send(new GetSecretValueCommand({ SecretId }));
      const keys = parse(SecretString);
      kept = { keys, untilMs: nowMs() + keptMs };
      return keys;
    },
  };
}

/** The fault is told without the text: it may hold half a key. */
function parse(text: string): ProviderKeys {
  try {
    return providerKeys.parse(JSON.parse(text));
  } catch {
    throw new AppError(
      'internal',
      'the secret with the provider keys does not have the form {"anthropic": {"apiKey": "…"}}',
      {
        remedy: 'set the keys again: muster keys set anthropic',
      },
    );
  }
}
