import { AppError } from '#contracts/errors.ts';
import type { GateView } from '#contracts/gate.ts';

const shortest = 12;

/**
 * That whoever decides has seen this very thing.
 *
 * @param given the digest, or the beginning of it
 * @throws AppError `invalid_request` for what is no digest, `digest_mismatch` for that of something else
 */
export function matchDigest({ id, digest }: Pick<GateView, 'id' | 'digest'>, given: string): void {
  const typed = given.toLowerCase();
  if (!/^[0-9a-f]+$/.test(typed) || typed.length < shortest || typed.length > digest.length)
    throw new AppError(
      'invalid_request',
      `--digest ${given} is not a digest: ${shortest} to ${digest.length} hexadecimal digits`,
      { remedy: `it is in: muster approval show ${id}` },
    );
  if (digest.startsWith(typed)) return;
  throw new AppError('digest_mismatch', `${id} is about ${digest}, not about ${given}; nothing was decided`, {
    remedy: `look at it again: muster approval show ${id}`,
  });
}
