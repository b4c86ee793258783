import { createHash, timingSafeEqual } from 'node:crypto';
import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import type { LocalPrincipal } from './service.ts';
import { ServiceFault } from './service-fault.ts';

/** What of a request a signature covers. */
export interface SignedParts {
  method: string;
  /** As sent, still percent-encoded, without the query. */
  rawPath: string;
  /** As sent, without the `?`. */
  rawQuery: string;
  /** Lower-case names. */
  headers: Record<string, string>;
  body: Buffer;
}

/** What a request says about its signature. */
export interface Claim {
  accessKeyId: string;
  region: string;
  service: string;
  signedHeaders: Set<string>;
  signature: string;
  signedAt: Date;
  /** Present on presigned addresses only. */
  expiresSeconds: number | undefined;
}

const maxSkewMs = 15 * 60_000;
const maxExpiresSeconds = 7 * 24 * 3600;
const unsignedPayload = 'UNSIGNED-PAYLOAD';

/** Reads the claim from the header, or from the query of a presigned address. */
export function readClaim({ headers, rawQuery }: SignedParts): Claim {
  const { authorization } = headers;
  const query = new URLSearchParams(rawQuery);
  const isPresigned = authorization === undefined;
  if (isPresigned && !query.has('X-Amz-Signature'))
    throw new ServiceFault(403, 'MissingAuthenticationTokenException', 'The request is not signed.');
  const field = (name: string): string | undefined | null =>
    isPresigned ? query.get(`X-Amz-${name}`) : new RegExp(`[ ,]${name}=([^, ]+)`).exec(authorization)?.[1];
  const [accessKeyId, , region, service] = field('Credential')?.split('/') ?? [];
  const signature = field('Signature') ?? '';
  const signedHeaders = new Set(field('SignedHeaders')?.split(';'));
  const signedAt = parseDate((isPresigned ? query.get('X-Amz-Date') : headers['x-amz-date']) ?? '');
  const expiresSeconds = isPresigned ? Number(query.get('X-Amz-Expires')) : undefined;
  const isComplete =
    accessKeyId &&
    region &&
    service &&
    signedAt &&
    signedHeaders.has('host') &&
    /^[0-9a-f]{64}$/.test(signature);
  if (!isComplete || !isLifetime(expiresSeconds)) {
    const message = 'Credential, SignedHeaders (with host), Signature and a date are needed.';
    throw new ServiceFault(403, 'IncompleteSignatureException', message);
  }
  return { accessKeyId, region, service, signedHeaders, signature, signedAt, expiresSeconds };
}

function isLifetime(seconds = 1): boolean {
  return Number.isInteger(seconds) && seconds >= 1 && seconds <= maxExpiresSeconds;
}

/** Reads `YYYYMMDDTHHMMSSZ`. */
function parseDate(amzDate: string): Date | undefined {
  const iso = amzDate.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z');
  const date = new Date(iso);
  return iso === amzDate || Number.isNaN(date.getTime()) ? undefined : date;
}

/** Throws unless the claim is true: known key, in time, and the request as it was signed. */
export async function verifySignature(
  claim: Claim,
  parts: SignedParts,
  options: { principals(accessKeyId: string): LocalPrincipal | undefined; nowMs: number },
): Promise<LocalPrincipal> {
  const principal = options.principals(claim.accessKeyId);
  if (!principal) {
    const code = claim.service === 's3' ? 'InvalidAccessKeyId' : 'UnrecognizedClientException';
    throw new ServiceFault(403, code, 'The access key is not known here.');
  }
  checkTime(claim, options.nowMs);
  checkSignedHeaders(claim, parts.headers);
  const expected = await signAgain(claim, parts, principal);
  if (!timingSafeEqual(Buffer.from(claim.signature), Buffer.from(expected)))
    throw mismatch(
      claim,
      'The signature does not match the request. Check the secret key and the signing method.',
    );
  return principal;
}

function mismatch({ service }: Claim, message: string): ServiceFault {
  return new ServiceFault(
    403,
    service === 's3' ? 'SignatureDoesNotMatch' : 'InvalidSignatureException',
    message,
  );
}

function checkTime(claim: Claim, nowMs: number): void {
  const ageMs = nowMs - claim.signedAt.getTime();
  const { expiresSeconds } = claim;
  if (expiresSeconds !== undefined && ageMs > expiresSeconds * 1000)
    throw new ServiceFault(403, 'AccessDenied', 'Request has expired');
  if (ageMs < -maxSkewMs || (expiresSeconds === undefined && ageMs > maxSkewMs))
    throw mismatch(claim, `The request is dated ${claim.signedAt.toISOString()}, which is too far from now.`);
}

/** S3 refuses instructions that the signer did not see: this is what pins a presigned PUT to its checksum. */
function checkSignedHeaders({ service, signedHeaders }: Claim, headers: Record<string, string>): void {
  if (service !== 's3') return;
  const unsigned = Object.keys(headers).filter(
    (name) => name.startsWith('x-amz-') && name !== 'x-amz-content-sha256' && !signedHeaders.has(name),
  );
  if (unsigned.length > 0)
    throw new ServiceFault(403, 'AccessDenied', `Headers present but not signed: ${unsigned.join(', ')}`);
}

/** Signs what has arrived as its signer must have done it, with AWS's own code. */
async function signAgain(claim: Claim, parts: SignedParts, credentials: LocalPrincipal): Promise<string> {
  const { region, service, signedHeaders, signedAt } = claim;
  // S3 signs a path as it is sent; all others encode it once more.
  const signer = new SignatureV4({
    region,
    service,
    credentials,
    sha256: Sha256,
    uriEscapePath: service !== 's3',
  });
  const signed = Object.entries(parts.headers).filter(([name]) => signedHeaders.has(name));
  const request = {
    method: parts.method,
    protocol: 'http:',
    hostname: '127.0.0.1',
    path: parts.rawPath,
    query: readQuery(parts.rawQuery),
    headers: { ...Object.fromEntries(signed), 'x-amz-content-sha256': payloadHashOf(claim, parts) },
  };
  const options = {
    signingDate: signedAt,
    // The signer sets both; they count only where the claim says so.
    unsignableHeaders: new Set(['x-amz-date', 'x-amz-content-sha256']),
    signableHeaders: signedHeaders,
  };
  const { headers } = await signer.sign(request, options);
  return headers.authorization?.split('Signature=')[1] ?? '';
}

function readQuery(rawQuery: string): Record<string, string[]> {
  const query = new URLSearchParams(rawQuery);
  return Object.fromEntries([...query.keys()].map((name) => [name, query.getAll(name)]));
}

function payloadHashOf(claim: Claim, { headers, body }: SignedParts): string {
  const actual = createHash('sha256').update(body).digest('hex');
  const declared = headers['x-amz-content-sha256'];
  if (claim.service !== 's3') {
    if (declared !== undefined && declared !== actual)
      throw mismatch(claim, 'x-amz-content-sha256 does not match what was sent.');
    return actual;
  }
  if (declared === unsignedPayload || (declared === undefined && claim.expiresSeconds !== undefined))
    return unsignedPayload;
  if (declared?.startsWith('STREAMING-'))
    throw new ServiceFault(501, 'NotImplemented', `${declared} is not supported: send the body in one piece`);
  if (declared !== actual)
    throw new ServiceFault(
      400,
      'XAmzContentSHA256Mismatch',
      'x-amz-content-sha256 does not match what was sent.',
    );
  return actual;
}
