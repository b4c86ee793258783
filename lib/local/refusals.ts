import type { AwsResponse } from './service.ts';
import type { RefusalCode } from './sigv4.ts';

const JSON_CODES: Partial<Record<RefusalCode, string>> = {
  MissingAuthenticationToken: 'MissingAuthenticationTokenException',
  IncompleteSignature: 'IncompleteSignatureException',
  UnrecognizedClient: 'UnrecognizedClientException',
};

const S3_CODES: Partial<Record<RefusalCode, string>> = {
  UnrecognizedClient: 'InvalidAccessKeyId',
  RequestExpired: 'AccessDenied',
  HeadersNotSigned: 'AccessDenied',
  MissingAuthenticationToken: 'AccessDenied',
  IncompleteSignature: 'AuthorizationQueryParametersError',
  ContentSha256Mismatch: 'XAmzContentSHA256Mismatch',
  UnsupportedPayload: 'NotImplemented',
};

export function escapeXml(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text.replace(/[&<>"]/g, (c) => entities[c] ?? c);
}

/** A refusal in the shape that the service's own clients understand. */
export function refuse(
  code: RefusalCode,
  message: string,
  service: string | undefined,
  headers: Record<string, string>,
): AwsResponse {
  if (service === 's3') return s3Refusal(code, message);
  const type = headers['content-type'] ?? '';
  if (type.startsWith('application/x-www-form-urlencoded')) return queryRefusal(code, message);
  if (headers['x-amz-target'] === undefined && (service === undefined || service === 'execute-api')) {
    return json({ message: 'Forbidden' }, 'application/json', JSON_CODES[code] ?? 'ForbiddenException');
  }
  const name = JSON_CODES[code] ?? 'InvalidSignatureException';
  return json(
    { __type: `com.amazon.coral.service#${name}`, message },
    type || 'application/x-amz-json-1.1',
    name,
  );
}

function json(body: unknown, type: string, errorType: string): AwsResponse {
  return {
    status: 403,
    headers: { 'content-type': type, 'x-amzn-errortype': errorType },
    body: JSON.stringify(body),
  };
}

function s3Refusal(code: RefusalCode, message: string): AwsResponse {
  const name = S3_CODES[code] ?? code;
  return {
    status: name === 'NotImplemented' ? 501 : name === 'XAmzContentSHA256Mismatch' ? 400 : 403,
    headers: { 'content-type': 'application/xml' },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${name}</Code><Message>${escapeXml(message)}</Message></Error>`,
  };
}

function queryRefusal(code: RefusalCode, message: string): AwsResponse {
  const name = code === 'UnrecognizedClient' ? 'InvalidClientTokenId' : code;
  return {
    status: 403,
    headers: { 'content-type': 'text/xml' },
    body: `<ErrorResponse><Error><Type>Sender</Type><Code>${name}</Code><Message>${escapeXml(message)}</Message></Error><RequestId>local</RequestId></ErrorResponse>`,
  };
}
