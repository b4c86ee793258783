import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { LocalPrincipal } from './service.ts';

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

export type RefusalCode =
  | 'MissingAuthenticationToken'
  | 'IncompleteSignature'
  | 'UnrecognizedClient'
  | 'SignatureDoesNotMatch'
  | 'RequestTimeTooSkewed'
  | 'RequestExpired'
  | 'HeadersNotSigned'
  | 'ContentSha256Mismatch'
  | 'UnsupportedPayload';

export type Verification =
  | { ok: true; service: string; region: string; principal: LocalPrincipal; presigned: boolean }
  | { ok: false; code: RefusalCode; message: string; service: string | undefined };

export interface VerifyOptions {
  principals(accessKeyId: string): LocalPrincipal | undefined;
  /** Milliseconds since the epoch. */
  now: number;
}

interface Claim {
  accessKeyId: string;
  scopeDate: string;
  region: string;
  service: string;
  signedHeaders: string[];
  signature: string;
  /** `YYYYMMDDTHHMMSSZ` */
  amzDate: string;
  /** Present on presigned addresses only. */
  expiresSeconds: number | undefined;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';
const MAX_SKEW_MS = 15 * 60_000;
const MAX_EXPIRES_SECONDS = 7 * 24 * 3600;
const UNSIGNED = 'UNSIGNED-PAYLOAD';
const UNSIGNED_TRAILER = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER';

class Refusal extends Error {
  readonly code: RefusalCode;

  constructor(code: RefusalCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** Checks a request's SigV4 signature, in the header or in the query. */
export function verifySignature(parts: SignedParts, options: VerifyOptions): Verification {
  let service: string | undefined;
  try {
    const claim = readClaim(parts);
    service = claim.service;
    const principal = options.principals(claim.accessKeyId);
    if (!principal) throw new Refusal('UnrecognizedClient', 'The access key is not known here.');
    checkTime(claim, options.now);
    checkSignedHeaders(claim, parts.headers);
    const payloadHash = requirePayloadHash(claim, parts);
    checkSignature(claim, parts, payloadHash, principal.secretAccessKey);
    const presigned = claim.expiresSeconds !== undefined;
    return { ok: true, service: claim.service, region: claim.region, principal, presigned };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { ok: false, code: error.code, message: error.message, service };
  }
}

function readClaim(parts: SignedParts): Claim {
  const authorization = parts.headers.authorization;
  const query = new URLSearchParams(parts.rawQuery);
  if (authorization !== undefined) return readHeaderClaim(authorization, parts.headers);
  if (query.has('X-Amz-Signature')) return readQueryClaim(query);
  throw new Refusal('MissingAuthenticationToken', 'The request is not signed.');
}

function readHeaderClaim(authorization: string, headers: Record<string, string>): Claim {
  const [algorithm, ...rest] = authorization.split(/\s+/);
  if (algorithm !== ALGORITHM) throw new Refusal('IncompleteSignature', `Only ${ALGORITHM} is supported.`);
  const fields = Object.fromEntries(
    rest
      .join('')
      .split(',')
      .map((field) => [field.slice(0, field.indexOf('=')), field.slice(field.indexOf('=') + 1)]),
  );
  const date = headers['x-amz-date'] ?? toAmzDate(headers.date);
  return makeClaim(fields.Credential, fields.SignedHeaders, fields.Signature, date, undefined);
}

function readQueryClaim(query: URLSearchParams): Claim {
  const get = (name: string) => query.get(name) ?? undefined;
  if (get('X-Amz-Algorithm') !== ALGORITHM) {
    throw new Refusal('IncompleteSignature', `Only ${ALGORITHM} is supported.`);
  }
  const expires = Number(get('X-Amz-Expires') ?? Number.NaN);
  if (!Number.isInteger(expires) || expires < 1 || expires > MAX_EXPIRES_SECONDS) {
    throw new Refusal('IncompleteSignature', `X-Amz-Expires must be between 1 and ${MAX_EXPIRES_SECONDS}.`);
  }
  return makeClaim(
    get('X-Amz-Credential'),
    get('X-Amz-SignedHeaders'),
    get('X-Amz-Signature'),
    get('X-Amz-Date'),
    expires,
  );
}

function makeClaim(
  credential = '',
  signedHeaders = '',
  signature = '',
  amzDate = '',
  expiresSeconds: number | undefined,
): Claim {
  const [accessKeyId, scopeDate, region, service, end, ...more] = credential.split('/');
  const complete = accessKeyId && scopeDate && region && service && end === 'aws4_request' && !more.length;
  if (!complete || !signedHeaders || !/^[0-9a-f]{64}$/.test(signature) || !/^\d{8}T\d{6}Z$/.test(amzDate)) {
    throw new Refusal('IncompleteSignature', 'Credential, SignedHeaders, Signature and a date are needed.');
  }
  if (!amzDate.startsWith(scopeDate)) {
    throw new Refusal(
      'SignatureDoesNotMatch',
      'The date of the credential scope is not the date of the request.',
    );
  }
  const names = signedHeaders.split(';');
  return {
    accessKeyId,
    scopeDate,
    region,
    service,
    signedHeaders: names,
    signature,
    amzDate,
    expiresSeconds,
  };
}

function toAmzDate(httpDate: string | undefined): string | undefined {
  const time = Date.parse(httpDate ?? '');
  return Number.isNaN(time) ? undefined : `${new Date(time).toISOString().replace(/[-:]|\.\d+/g, '')}`;
}

function checkTime(claim: Claim, now: number): void {
  const iso = claim.amzDate.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z');
  const signedAt = Date.parse(iso);
  const lifetimeMs = claim.expiresSeconds === undefined ? MAX_SKEW_MS : claim.expiresSeconds * 1000;
  if (Number.isNaN(signedAt) || signedAt - now > MAX_SKEW_MS) {
    throw new Refusal('RequestTimeTooSkewed', `The request is dated ${iso}, which is too far from now.`);
  }
  if (now - signedAt <= lifetimeMs) return;
  if (claim.expiresSeconds !== undefined) throw new Refusal('RequestExpired', 'Request has expired');
  throw new Refusal('RequestTimeTooSkewed', `The request is dated ${iso}, which is too far from now.`);
}

function checkSignedHeaders(claim: Claim, headers: Record<string, string>): void {
  if (!claim.signedHeaders.includes('host')) {
    throw new Refusal('IncompleteSignature', "'host' must be a signed header.");
  }
  if (claim.service !== 's3') return;
  // S3 refuses instructions that the signer did not see: this is what pins a presigned PUT to its checksum.
  const unsigned = Object.keys(headers).filter(
    (name) =>
      name.startsWith('x-amz-') && name !== 'x-amz-content-sha256' && !claim.signedHeaders.includes(name),
  );
  if (unsigned.length > 0) {
    throw new Refusal('HeadersNotSigned', `Headers present but not signed: ${unsigned.join(', ')}`);
  }
}

function requirePayloadHash(claim: Claim, parts: SignedParts): string {
  const declared =
    parts.headers['x-amz-content-sha256'] ?? new URLSearchParams(parts.rawQuery).get('X-Amz-Content-Sha256');
  if (declared === null) {
    return claim.service === 's3' && claim.expiresSeconds !== undefined ? UNSIGNED : sha256Hex(parts.body);
  }
  if (claim.service === 's3' && (declared === UNSIGNED || declared === UNSIGNED_TRAILER)) return declared;
  if (!/^[0-9a-f]{64}$/.test(declared)) {
    throw new Refusal('UnsupportedPayload', `x-amz-content-sha256 ${declared} is not supported here.`);
  }
  if (declared !== sha256Hex(parts.body)) {
    throw new Refusal('ContentSha256Mismatch', 'x-amz-content-sha256 does not match what was sent.');
  }
  return declared;
}

function checkSignature(claim: Claim, parts: SignedParts, payloadHash: string, secret: string): void {
  const key = [claim.scopeDate, claim.region, claim.service, 'aws4_request'].reduce<string | Buffer>(
    (previous, part) => createHmac('sha256', previous).update(part).digest(),
    `AWS4${secret}`,
  );
  const scope = `${claim.scopeDate}/${claim.region}/${claim.service}/aws4_request`;
  const claimed = Buffer.from(claim.signature, 'hex');
  const matches = canonicalPaths(claim.service, parts.rawPath).some((path) => {
    const request = canonicalRequest(claim, parts, path, payloadHash);
    const text = [ALGORITHM, claim.amzDate, scope, sha256Hex(request)].join('\n');
    const expected = createHmac('sha256', key).update(text).digest();
    return claimed.length === expected.length && timingSafeEqual(claimed, expected);
  });
  if (!matches) {
    throw new Refusal(
      'SignatureDoesNotMatch',
      'The signature does not match the request. Check the secret key and the signing method.',
    );
  }
}

function canonicalRequest(claim: Claim, parts: SignedParts, path: string, payloadHash: string): string {
  const headers = claim.signedHeaders.map(
    (name) => `${name}:${(parts.headers[name] ?? '').trim().replace(/\s+/g, ' ')}\n`,
  );
  const query = canonicalQuery(parts.rawQuery);
  return [parts.method, path, query, headers.join(''), claim.signedHeaders.join(';'), payloadHash].join('\n');
}

/**
 * S3 signs the path encoded once; every other service encodes it again. Clients differ in what they do with
 * dot segments and (curl) with the second encoding, so each spelling that a known signer makes is tried.
 */
function canonicalPaths(service: string, rawPath: string): string[] {
  const decoded = decode(rawPath);
  if (service === 's3') return [...new Set([rawPath, encodePath(decoded)])];
  const normal = removeDotSegments(rawPath);
  return [...new Set([encodePath(normal), encodePath(rawPath), rawPath, encodePath(decoded)])];
}

function removeDotSegments(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment === '..') kept.pop();
    else kept.push(segment);
  }
  const end = path.endsWith('/') && kept.length > 0 ? '/' : '';
  return `/${kept.join('/')}${end}`;
}

function canonicalQuery(rawQuery: string): string {
  const pairs = rawQuery
    .split('&')
    .filter((pair) => pair !== '' && !pair.startsWith('X-Amz-Signature='))
    .map((pair) => {
      const at = pair.indexOf('=');
      const [name, value] = at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)];
      return [encode(decode(name)), encode(decode(value))] as const;
    });
  pairs.sort((a, b) => compare(a[0], b[0]) || compare(a[1], b[1]));
  return pairs.map(([name, value]) => `${name}=${value}`).join('&');
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function encodePath(path: string): string {
  return path.split('/').map(encode).join('/');
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A stray percent sign is a literal one: the signature then says whether the signer meant it so.
    return text;
  }
}

function sha256Hex(data: Buffer | string): string {
  return createHash('sha256').update(data).digest('hex');
}
