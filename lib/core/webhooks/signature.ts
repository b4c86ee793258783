import type { Digest } from '#core/ports/system.ts';

/** What is signed, by Standard Webhooks 1.0.0. */
export interface Signed {
  id: string;
  /** Of the try, not of the event. */
  timestampSeconds: number;
  body: string;
}

/**
 * The key of a project's signing secret of this number, as 64 ASCII digits: they are its bytes, so that the key can be
 * written both as text and in base64. Derived, so that nothing but the master is to be kept.
 */
export function signingKey(digest: Digest, master: string, project: string, version: number): string {
  return digest.hmacSha256(master, `muster/webhook/${project}/${version}`);
}

/** As a receiver gets it. */
export function toSecret(key: string): string {
  return `whsec_${btoa(key)}`;
}

export function sign(digest: Digest, key: string, { id, timestampSeconds, body }: Signed): string {
  return `v1,${toBase64(digest.hmacSha256(key, `${id}.${timestampSeconds}.${body}`))}`;
}

function toBase64(hex: string): string {
  const bytes = hex.match(/../g) ?? [];
  return btoa(bytes.map((pair) => String.fromCharCode(Number.parseInt(pair, 16))).join(''));
}
