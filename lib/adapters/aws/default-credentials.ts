import { fromNodeProviderChain } from '@aws-sdk/credential-providers';
import { AppError } from '#contracts/errors.ts';
import type { AwsCredentials } from '../control/sigv4.ts';

/**
 * Whatever AWS's own tools would use here: environment, profile, SSO, a role.
 *
 * @throws AppError `unauthenticated` where nothing is configured or a session has expired
 */
export async function readDefaultCredentials(profile?: string): Promise<AwsCredentials> {
  try {
    const { accessKeyId, secretAccessKey, sessionToken } = await providerChain(profile)();
    return { accessKeyId, secretAccessKey, sessionToken };
  } catch (cause) {
    const whose = profile === undefined ? '' : ` of the profile "${profile}"`;
    throw new AppError('unauthenticated', `There are no AWS credentials${whose}: ${messageOf(cause)}`, {
      cause,
      remedy:
        'sign in (aws sso login, or aws configure), or choose with --profile; muster doctor looks further',
    });
  }
}

/** One short try at the metadata service: on a laptop nobody answers there, and a command should not hang. */
export function providerChain(profile?: string) {
  return fromNodeProviderChain({
    maxRetries: 0,
    timeout: 1_000,
    ...(profile === undefined ? {} : { profile }),
  });
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : 'unknown reason';
}
