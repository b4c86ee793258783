import type { AwsResponse } from './service.ts';

/** A refusal under the code that AWS has for it; the server tells it as the service's own clients expect. */
export class ServiceFault extends Error {
  readonly status: number;
  readonly code: string;
  /** Further members of the answer, such as `resourceIds`. */
  readonly detail: Record<string, unknown>;

  constructor(status: number, code: string, message: string, detail: Record<string, unknown> = {}) {
    super(message);
    this.name = 'ServiceFault';
    this.status = status;
    this.code = code;
    this.detail = detail;
  }
}

export function escapeXml(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text.replace(/[&<>"]/g, (c) => entities[c] ?? c);
}

export function toResponse(
  fault: ServiceFault,
  service: string,
  headers: Record<string, string>,
): AwsResponse {
  const { status, code, message, detail } = fault;
  const type = headers['content-type'] ?? 'application/json';
  const error = `<Code>${code}</Code><Message>${escapeXml(message)}</Message>`;
  if (service === 's3')
    return { status, headers: { 'content-type': 'application/xml' }, body: `<Error>${error}</Error>` };
  if (type.startsWith('application/x-www-form-urlencoded')) {
    const body = `<ErrorResponse><Error><Type>Sender</Type>${error}</Error></ErrorResponse>`;
    return { status, headers: { 'content-type': 'text/xml' }, body };
  }
  const document = { __type: code, message, ...detail };
  return {
    status,
    headers: { 'content-type': type, 'x-amzn-errortype': code },
    // API Gateway does not say what is wrong with a signature.
    body: JSON.stringify(service === 'execute-api' && status === 403 ? { message: 'Forbidden' } : document),
  };
}
