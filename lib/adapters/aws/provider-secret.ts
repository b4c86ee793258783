import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { AppError } from '#contracts/errors.ts';
import { type Provider, type ProviderKeys, providerKeys } from '#contracts/provider-keys.ts';
import type { AwsCredentials } from '../control/sigv4.ts';
import { maxAttempts } from './clients.ts';

export interface SecretPlace {
  secretName: string;
  region: string;
  /** Of the local cloud. */
  endpointUrl?: string | undefined;
  credentials: AwsCredentials;
}

/** Puts one provider's key into the secret, beside the others. Returns whose keys it now holds. */
export async function putProviderKey(
  place: SecretPlace,
  provider: Provider,
  key: NonNullable<ProviderKeys[Provider]>,
): Promise<Provider[]> {
  return withClient(place, async (client) => {
    const keys = { ...(await readKeys(client, place.secretName)), [provider]: key };
    await client.send(
      new PutSecretValueCommand({ SecretId: place.secretName, SecretString: JSON.stringify(keys) }),
    );
    return Object.keys(keys) as Provider[];
  });
}

/** Whose keys the secret holds, and where each is to be used; never the keys. */
export async function readProviders(
  place: SecretPlace,
): Promise<{ provider: Provider; baseUrl?: string | undefined }[]> {
  return withClient(place, async (client) => {
    const keys = await readKeys(client, place.secretName);
    return Object.entries(keys).map(([provider, { baseUrl }]) => ({
      provider: provider as Provider,
      baseUrl,
    }));
  });
}

async function withClient<T>(
  place: SecretPlace,
  use: (client: SecretsManagerClient) => Promise<T>,
): Promise<T> {
  const { region, endpointUrl, credentials } = place;
  const client = new SecretsManagerClient({
    region,
    credentials: { ...credentials, sessionToken: credentials.sessionToken ?? '' },
    maxAttempts,
    ...(endpointUrl === undefined ? {} : { endpoint: endpointUrl }),
  });
  try {
    return await use(client);
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw toAppError(cause, place.secretName);
  } finally {
    client.destroy();
  }
}

async function readKeys(client: SecretsManagerClient, SecretId: string): Promise<ProviderKeys> {
  const { SecretString = '{}' } = await client.send(new GetSecretValueCommand({ SecretId }));
  const parsed = providerKeys.safeParse(JSON.parse(SecretString));
  if (parsed.success) return parsed.data;
  // Told without the text: it holds keys.
  throw new AppError(
    'internal',
    `the secret ${SecretId} does not have the form {"anthropic": {"apiKey": "…"}}`,
    {
      retryable: false,
      remedy: `write it anew: aws secretsmanager put-secret-value --secret-id ${SecretId} --secret-string '{}'`,
    },
  );
}

function toAppError(cause: unknown, secretName: string): AppError {
  const name = cause instanceof Error ? cause.name : 'unknown error';
  if (cause instanceof ResourceNotFoundException) {
    return new AppError('not_found', `there is no secret ${secretName}`, {
      cause,
      remedy: 'deploy the stack first',
    });
  }
  const code = name.startsWith('AccessDenied') ? 'forbidden' : 'internal';
  return new AppError(code, `the secret ${secretName} cannot be used: ${name}`, { cause, retryable: false });
}
