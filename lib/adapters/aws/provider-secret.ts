import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { AppError } from '#contracts/errors.ts';
import { type ProviderKeys, placesOf, providerKeys } from '#contracts/provider-keys.ts';
import type { AwsCredentials } from '../control/sigv4.ts';
import { maxAttempts } from './clients.ts';

export interface SecretPlace {
  secretName: string;
  region: string;
  /** Of the local cloud. */
  endpointUrl?: string | undefined;
  credentials: AwsCredentials;
}

/** Changes the secret, and leaves what the change leaves. Returns the names of what it now holds. */
export async function putProviderKeys(
  place: SecretPlace,
  change: (keys: ProviderKeys) => ProviderKeys,
): Promise<string[]> {
  return withClient(place, async (client) => {
    const keys = change(await readKeys(client, place.secretName));
    await client.send(
      new PutSecretValueCommand({ SecretId: place.secretName, SecretString: JSON.stringify(keys) }),
    );
    return placesOf(keys).map(({ name }) => name);
  });
}

/** What the secret holds a key or an address of, and where each is to be used; never the keys. */
export async function readPlaces(place: SecretPlace): Promise<ReturnType<typeof placesOf>> {
  return withClient(place, async (client) => placesOf(await readKeys(client, place.secretName)));
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
