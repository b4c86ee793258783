import type { APIGatewayProxyEventV2WithIAMAuthorizer } from 'aws-lambda';
import { AppError } from '#contracts/errors.ts';
import { limits } from '#contracts/limits.ts';

export type HttpEvent = APIGatewayProxyEventV2WithIAMAuthorizer;

/**
 * The ARN that API Gateway vouches for.
 *
 * @throws AppError `unauthenticated` where a route was deployed without IAM: better closed than open
 */
export function userArnOf(event: HttpEvent): string {
  const userArn = event.requestContext.authorizer?.iam?.userArn;
  if (userArn) return userArn;
  throw new AppError('unauthenticated', 'this request is not signed', {
    remedy: 'sign it with AWS Signature Version 4, service execute-api',
  });
}

/** Measured before it is parsed. */
export function jsonBodyOf(event: HttpEvent, maxBytes: number = limits.requestBytes): unknown {
  const text = event.isBase64Encoded
    ? Buffer.from(event.body ?? '', 'base64').toString('utf8')
    : (event.body ?? '');
  const bytes = Buffer.byteLength(text);
  if (bytes > maxBytes) {
    throw new AppError('payload_too_large', `the body has ${bytes} bytes; at most ${maxBytes} are taken`, {
      remedy: 'put large inputs into files: POST /uploads',
    });
  }
  if (text === '') throw new AppError('invalid_request', 'the body is empty; a JSON object is expected');
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new AppError(
      'invalid_request',
      `the body is not JSON: ${cause instanceof Error ? cause.message : 'unreadable'}`,
      { cause },
    );
  }
}

/** A route without a document refuses one: what is never read would be a wish ignored in silence. */
export function requireNoBody(event: HttpEvent): void {
  const text = (event.body ?? '').trim();
  if (text === '' || text === '{}') return;
  throw new AppError('invalid_request', 'this route takes no body', { remedy: 'leave the body out' });
}

/** `Idempotency-Key`, bare or quoted as the IETF draft has it. */
export function idempotencyKeyOf(event: HttpEvent): string | undefined {
  const header = event.headers['idempotency-key'];
  if (header === undefined) return undefined;
  const key = header.replace(/^"(.*)"$/, '$1');
  if (key.length > 0 && key.length <= limits.idempotencyKeyCharacters && /^[\x20-\x7e]+$/.test(key))
    return key;
  throw new AppError(
    'invalid_request',
    `Idempotency-Key must have 1 to ${limits.idempotencyKeyCharacters} printable characters; it has ${key.length}`,
  );
}

const traceparentForm = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The caller's trace goes on; without one, or with a broken one, a new one begins (W3C Trace Context). */
export function traceparentOf(event: HttpEvent, hex: (bytes: number) => string): string {
  const given = event.headers.traceparent;
  return given !== undefined && traceparentForm.test(given) ? given : `00-${hex(16)}-${hex(8)}-01`;
}

export function traceIdOf(traceparent: string): string {
  return traceparent.slice(3, 35);
}
