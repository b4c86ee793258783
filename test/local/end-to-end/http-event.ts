import { randomUUID } from 'node:crypto';
import type { Json } from '../../../lib/local/json.ts';

export interface CraftedCall {
  method: string;
  path: string;
  /** Whom API Gateway vouches for; nobody where the route was deployed without IAM. */
  userArn?: string;
  body?: unknown;
  query?: string;
  headers?: Record<string, string>;
}

/** What API Gateway hands to a function (payload 2.0), for callers whose key no test can have. */
export function httpEvent(call: CraftedCall): Json {
  const { method, path, userArn, body, query = '', headers = {} } = call;
  const routeKey = path.startsWith('/worker/') ? 'POST /worker/{proxy+}' : 'ANY /{proxy+}';
  return {
    version: '2.0',
    routeKey,
    rawPath: path,
    rawQueryString: query,
    headers: { 'content-type': 'application/json', ...headers },
    requestContext: {
      accountId: '000000000000',
      apiId: 'crafted',
      domainName: 'crafted.example',
      domainPrefix: 'crafted',
      http: { method, path, protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'test' },
      requestId: randomUUID(),
      routeKey,
      stage: '$default',
      time: '20/Nov/2026:10:00:00 +0000',
      timeEpoch: 0,
      ...(userArn ? { authorizer: { iam: { userArn } } } : {}),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    isBase64Encoded: false,
  };
}

export interface FunctionReply {
  statusCode: number;
  headers: Record<string, string>;
  body: string;
}
