import { fromTemporaryCredentials } from '@aws-sdk/credential-providers';
import { AppError } from '#contracts/errors.ts';
import type { Borrower, LentCredentials, ModelAccess } from '#core/ports/model-access.ts';
import { maxAttempts } from './clients.ts';

export interface ModelRole {
  roleArn: string;
  /** Where models are called. */
  region: string;
}

/** The role that models are called with, assumed anew for every borrower. */
export function makeModelAccess(role: ModelRole, nowMs: () => number): ModelAccess {
  return { lend: (borrower) => lend(role, borrower, nowMs) };
}

async function lend(
  { roleArn, region }: ModelRole,
  { name, seconds }: Borrower,
  nowMs: () => number,
): Promise<LentCredentials> {
  const params = { RoleArn: roleArn, RoleSessionName: name, DurationSeconds: seconds };
  const assume = fromTemporaryCredentials({ params, clientConfig: { region, maxAttempts } });
  const identity = await assume().catch((cause: unknown) => {
    throw toAppError(cause, roleArn);
  });
  const { accessKeyId, secretAccessKey, sessionToken = '', expiration } = identity;
  // STS says until when; where it does not, what was asked for holds.
  const lastsSeconds = expiration ? Math.floor((expiration.getTime() - nowMs()) / 1_000) : seconds;
  return { accessKeyId, secretAccessKey, sessionToken, region, validSeconds: Math.max(1, lastsSeconds) };
}

function toAppError(cause: unknown, roleArn: string): AppError {
  const name = cause instanceof Error ? cause.name : 'unknown error';
  const message = `STS does not lend the role that models are called with (${roleArn}): ${name}`;
  if (!name.startsWith('AccessDenied')) return new AppError('unavailable', message, { cause });
  return new AppError('internal', message, { cause, retryable: false, remedy: 'deploy the stack again' });
}
