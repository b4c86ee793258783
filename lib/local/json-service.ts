import type { AwsRequest, AwsResponse, LocalService } from './service.ts';

export type JsonInput = Record<string, unknown>;
export type JsonOperation = (input: JsonInput, request: AwsRequest) => unknown;

/** An error as AWS's JSON protocols report it: `{"__type": code, "message": …}`. */
export class ServiceFault extends Error {
  readonly code: string;
  readonly status: number;
  /** Further members of the answer, such as `resourceIds`. */
  readonly detail: Record<string, unknown>;

  constructor(code: string, message: string, status = 400, detail: Record<string, unknown> = {}) {
    super(message);
    this.name = 'ServiceFault';
    this.code = code;
    this.status = status;
    this.detail = detail;
  }
}

/** A service that speaks AWS's JSON protocol, as a table of operations. */
export function makeJsonService(operations: Record<string, JsonOperation>): LocalService {
  return { handle: (request) => handleJson(operations, request) };
}

async function handleJson(
  operations: Record<string, JsonOperation>,
  request: AwsRequest,
): Promise<AwsResponse> {
  try {
    const operation = Object.hasOwn(operations, request.operation ?? '')
      ? operations[request.operation ?? '']
      : undefined;
    if (!operation) {
      throw new ServiceFault(
        'UnknownOperationException',
        `The local cloud's ${request.service} has no ${request.operation ?? 'operation by this name'}`,
      );
    }
    const output = await operation(parseInput(request.body), request);
    return { status: 200, headers: jsonHeaders(request), body: JSON.stringify(output ?? {}) };
  } catch (error) {
    if (!(error instanceof ServiceFault)) throw error;
    return {
      status: error.status,
      headers: { ...jsonHeaders(request), 'x-amzn-errortype': error.code },
      body: JSON.stringify({ __type: error.code, message: error.message, ...error.detail }),
    };
  }
}

function jsonHeaders(request: AwsRequest): Record<string, string> {
  return { 'content-type': request.headers['content-type'] ?? 'application/x-amz-json-1.1' };
}

function parseInput(body: Buffer): JsonInput {
  try {
    const value: unknown = body.length === 0 ? {} : JSON.parse(body.toString('utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // Said below, together with JSON that is not an object.
  }
  throw new ServiceFault('SerializationException', 'The body is not a JSON object');
}
