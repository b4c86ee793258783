import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { asObject, isObject, type Json, type JsonObject, parseJson } from './json.ts';
import type { InvokeOutcome } from './lambda-protocol.ts';
import { accountId } from './place.ts';
import type { AwsRequest, AwsResponse, LocalPrincipal, LocalService } from './service.ts';

const maxPayloadBytes = 10 * 1024 * 1024;
/** The longest that an HTTP API waits for its integration. */
const integrationMs = 30_000;

export interface HttpApiOptions {
  apiId: string;
  domainName: string;
  invoke(functionArn: string, event: Json): Promise<InvokeOutcome>;
  /** Stands in for IAM policies, which this machine has none of. */
  mayCall(principal: LocalPrincipal, path: string): boolean;
  /** Told of every answer of 500 and above: API Gateway counts them as `5xx`. */
  onServerError?(): void;
}

export interface HttpApi extends LocalService {
  /** `GET /jobs/{id}` or `POST /worker/{path+}`. Throws for what is not handled. */
  addRoute(routeKey: string, functionArn: string): void;
}

export interface Route {
  routeKey: string;
  functionArn: string;
  method: string;
  /** Of the whole path, with a named group for each parameter. */
  pattern: RegExp;
  /** One digit per segment, static before `{id}` before `{rest+}`, and `ANY` last: the smaller, the more specific. */
  rank: string;
}

export function compileRoute(routeKey: string, functionArn: string): Route {
  const [method = '', path = ''] = routeKey.split(' ');
  if (!path.startsWith('/')) throw new Error(`the route ${routeKey} is not handled`);
  const kinds = path
    .split('/')
    .map((segment) => (segment.endsWith('+}') ? 2 : segment.startsWith('{') ? 1 : 0));
  const pattern = path
    .replace(/[.*]/g, '\\$&')
    .replace(/\{(\w+)\+\}/g, '(?<$1>.+)')
    .replace(/\{(\w+)\}/g, '(?<$1>[^/]+)');
  return {
    routeKey,
    functionArn,
    method,
    pattern: new RegExp(`^${pattern}$`),
    rank: kinds.join('') + (method === 'ANY' ? 1 : 0),
  };
}

interface RouteMatch {
  route: Route;
  pathParameters: Record<string, string>;
}

/** The most specific route wins: path before method, as API Gateway chooses. */
export function findRoute(routes: Route[], method: string, rawPath: string): RouteMatch | undefined {
  const [route] = routes
    .filter((one) => ['ANY', method].includes(one.method) && one.pattern.test(rawPath))
    .sort((a, b) => (a.rank < b.rank ? -1 : 1));
  const groups = route?.pattern.exec(rawPath)?.groups ?? {};
  const pathParameters = Object.fromEntries(
    Object.entries(groups).map(([name, value]) => [name, decode(value)]),
  );
  return route && { route, pathParameters };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function message(status: number, text: string): AwsResponse {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ message: text }) };
}

function queryOf({ query }: AwsRequest): JsonObject {
  if (query.size === 0) return {};
  const joined = [...new Set(query.keys())].map((name) => [name, query.getAll(name).join(',')]);
  return { queryStringParameters: Object.fromEntries(joined) };
}

function isText(headers: Record<string, string>): boolean {
  const type = headers['content-type'] ?? '';
  return (
    headers['content-encoding'] === undefined &&
    /^$|^text\/|json|xml|javascript|x-www-form-urlencoded/.test(type)
  );
}

function bodyOf({ body, headers }: AwsRequest): JsonObject {
  if (body.length === 0) return { isBase64Encoded: false };
  const isBase64Encoded = !isText(headers);
  return { body: body.toString(isBase64Encoded ? 'base64' : 'utf8'), isBase64Encoded };
}

function toEvent(request: AwsRequest, match: RouteMatch, { apiId, domainName }: HttpApiOptions): JsonObject {
  const { method, principal, query } = request;
  const { routeKey } = match.route;
  const rawPath = decode(request.rawPath);
  return {
    version: '2.0',
    routeKey,
    rawPath,
    rawQueryString: query.toString(),
    headers: { ...request.headers, 'x-forwarded-proto': 'http' },
    ...queryOf(request),
    requestContext: {
      accountId,
      apiId,
      authorizer: { iam: { accessKey: principal.accessKeyId, accountId, userArn: principal.arn } },
      domainName,
      http: {
        method,
        path: rawPath,
        protocol: 'HTTP/1.1',
        sourceIp: '127.0.0.1',
        userAgent: request.headers['user-agent'] ?? '',
      },
      requestId: randomUUID(),
      routeKey,
      stage: '$default',
      timeEpoch: Date.now(),
    },
    pathParameters: match.pathParameters,
    ...bodyOf(request),
  };
}

/** A function may answer with a response, or with any other JSON value, which becomes a 200. */
export function toResponse(payload: string): AwsResponse {
  const value = parseJson(payload);
  if (!isObject(value) || typeof value.statusCode !== 'number')
    return { status: 200, headers: { 'content-type': 'application/json' }, body: payload };
  const headers = Object.entries(asObject(value.headers)).map(([name, text]) => [
    name.toLowerCase(),
    String(text),
  ]);
  const body = typeof value.body === 'string' ? value.body : '';
  return {
    status: value.statusCode,
    headers: { 'content-type': 'text/plain;charset=utf-8', ...Object.fromEntries(headers) },
    body: value.isBase64Encoded === true ? Buffer.from(body, 'base64') : body,
  };
}

/** An API Gateway HTTP API: chooses a route and calls its function with a payload of format 2.0. */
export function makeHttpApi(options: HttpApiOptions): HttpApi {
  const routes: Route[] = [];

  async function handle(request: AwsRequest): Promise<AwsResponse> {
    const response = await answer(request);
    if (response.status >= 500) options.onServerError?.();
    return response;
  }

  async function answer(request: AwsRequest): Promise<AwsResponse> {
    if (!options.mayCall(request.principal, request.rawPath)) return message(403, 'Forbidden');
    if (request.body.length > maxPayloadBytes) return message(413, 'Request Entity Too Large');
    const match = findRoute(routes, request.method, request.rawPath);
    if (!match) return message(404, 'Not Found');
    const tooLate = new AbortController();
    const outcome = await Promise.race([
      options.invoke(match.route.functionArn, toEvent(request, match, options)),
      delay(integrationMs, undefined, { signal: tooLate.signal }).catch(() => undefined),
    ]);
    tooLate.abort();
    if (!outcome) return message(504, 'Internal Server Error');
    return outcome.ok ? toResponse(outcome.payload) : message(500, 'Internal Server Error');
  }

  return {
    handle,
    addRoute: (routeKey, functionArn) => void routes.push(compileRoute(routeKey, functionArn)),
  };
}
