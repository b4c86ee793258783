import * as z from 'zod';
import { AppError } from '#contracts/errors.ts';
import type { AwsCredentials } from './sigv4.ts';

/** The current credentials. `fresh` asks for new ones even though the old ones have not expired. */
export type CredentialProvider = (options?: { fresh?: boolean }) => Promise<AwsCredentials>;

export function makeStaticCredentials(credentials: AwsCredentials): CredentialProvider {
  return async () => credentials;
}

const containerHost = 'http://169.254.170.2';
const timeoutMs = 5_000;
const renewBeforeMs = 5 * 60_000;

const containerReply = z.object({
  AccessKeyId: z.string().min(1),
  SecretAccessKey: z.string().min(1),
  Token: z.string().min(1),
  Expiration: z.iso.datetime({ offset: true }),
});

export interface ContainerCredentialsOptions {
  /** `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI`; begins with a slash. */
  relativeUri: string;
  fetch?: typeof fetch;
  /** Milliseconds since 1970. */
  nowMs?: () => number;
}

/** The task role's credentials, kept until 5 minutes before they expire. */
export function makeContainerCredentials(options: ContainerCredentialsOptions): CredentialProvider {
  const nowMs = options.nowMs ?? Date.now;
  let known: { credentials: AwsCredentials; renewAtMs: number } | undefined;
  let pending: Promise<AwsCredentials> | undefined;

  async function renew(): Promise<AwsCredentials> {
    const reply = await readContainerReply(options);
    const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, Token: sessionToken } = reply;
    const credentials = { accessKeyId, secretAccessKey, sessionToken };
    known = { credentials, renewAtMs: Date.parse(reply.Expiration) - renewBeforeMs };
    return credentials;
  }

  return async ({ fresh = false } = {}) => {
    if (known && !fresh && nowMs() < known.renewAtMs) return known.credentials;
    pending ??= renew().finally(() => {
      pending = undefined;
    });
    return pending;
  };
}

async function readContainerReply({ relativeUri, fetch: send = fetch }: ContainerCredentialsOptions) {
  try {
    const response = await send(`${containerHost}${relativeUri}`, {
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (!response.ok) throw new Error(`it answered ${response.status}`);
    return containerReply.parse(await response.json());
  } catch (cause) {
    // The cause is kept out of the message: a reply that does not parse is made of secrets.
    throw new AppError(
      'unavailable',
      'The task role has no credentials: the container endpoint did not give any',
      {
        cause,
        remedy: 'Look whether the task definition has a task role',
      },
    );
  }
}
