import { AppError } from '#contracts/errors.ts';
import type { CredentialsReply, CredentialsRequest } from '#contracts/worker-protocol.ts';
import type { Deps } from '#core/ports/core-deps.ts';
import { type CredentialDeps, credentialFor } from './credential-for.ts';
import { fencedRow } from './fenced-row.ts';

/**
 * What `start` has handed out, anew: credentials of AWS end before a long attempt does.
 *
 * @throws AppError `provider_key_missing` for a job without a model, or whose key is gone; what the fence throws
 */
export async function renewCredential(
  deps: CredentialDeps & Deps<'store' | 'digest'>,
  request: CredentialsRequest,
): Promise<CredentialsReply> {
  const row = await fencedRow(deps, request);
  const isOther = request.model !== undefined && row.models?.includes(request.model) === true;
  const provider = await credentialFor(deps, isOther ? { ...row, model: request.model } : row);
  if (provider) return { provider };
  throw new AppError('provider_key_missing', `there is no credential for the model of job ${row.id}`);
}
