import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { asObject, isObject, type Json, type JsonObject, parseJson } from './json.ts';
import type { InvokeOutcome } from './lambda-protocol.ts';
import type { AwsRequest, AwsResponse, LocalPrincipal, LocalService } from './service.ts';

const maxPayloadBytes = 10 * 1024 * 1024;
/** The longest that an HTTP API waits for its integration. */
const integrationSeconds = 30;

export interface HttpRoute {
  /** `GET /jobs/{id}`, `ANY /files/{path+}` or `$default` */
  routeKey: string;
  functionArn: string;
  isIam: boolean;
}

export interface HttpApiOptions {
  apiId: string;
  accountId: string;
  domainName: string;
  invoke(functionArn: string, event: Json): Promise<InvokeOutcome>;
  /** Stands in for IAM policies, which this machine has none of. Default: every signer may call everything. */
  mayCall?(principal: LocalPrincipal, path: string): boolean;
}

export interface HttpApi extends LocalService {
  addRoute(route: HttpRoute): void;
}

interface CompiledRoute extends HttpRoute {
  method: string;
  segments: string[];
  /** One digit per segment, static before `{id}` before `{rest+}`: the smaller, the more specific. */
  rank: string;
}

interface RouteMatch {
  route: CompiledRoute;
  pathParameters: Record<string, string>;
}

const segmentKind = (segment: string): string =>
  /^\{.+\+\}$/.test(segment) ? '2' : /^\{.+\}$/.test(segment) ? '1' : '0';

function compile(route: HttpRoute): CompiledRoute {
  if (route.routeKey === '$default') return { ...route, method: 'ANY', segments: ['{proxy+}'], rank: '9' };
  const [method = 'ANY', path = '/'] = route.routeKey.split(' ');
  const segments = path.split('/').slice(1);
  return { ...route, method, segments, rank: segments.map(segmentKind).join('') };
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function matchPath(pattern: string[], path: string[]): Record<string, string> | undefined {
  const parameters: Record<string, string> = {};
  for (const [index, segment] of pattern.entries()) {
    const actual = path[index];
    if (actual === undefined) return undefined;
    const kind = segmentKind(segment);
    if (kind === '0' && segment !== actual) return undefined;
    if (kind !== '0' && actual === '') return undefined;
    if (kind === '1') parameters[segment.slice(1, -1)] = decode(actual);
    if (kind === '2') {
      parameters[segment.slice(1, -2)] = path.slice(index).map(decode).join('/');
      return parameters;
    }
  }
  return pattern.length === path.length ? parameters : undefined;
}

/** The most specific route wins: path before method, as API Gateway chooses. */
export function findRoute(routes: CompiledRoute[], method: string, rawPath: string): RouteMatch | undefined {
  const path = rawPath.split('/').slice(1);
  const matches = routes.flatMap((route) => {
    if (route.method !== 'ANY' && route.method !== method) return [];
    if (route.routeKey === '$default') return [{ route, pathParameters: {} }];
    const pathParameters = matchPath(route.segments, path);
    return pathParameters ? [{ route, pathParameters }] : [];
  });
  const weight = ({ route }: RouteMatch): string => route.rank + (route.method === 'ANY' ? '1' : '0');
  return matches.sort((a, b) => (weight(a) < weight(b) ? -1 : 1))[0];
}

export function compileRoutes(routes: HttpRoute[]): CompiledRoute[] {
  return routes.map(compile);
}

function message(status: number, text: string): AwsResponse {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ message: text }) };
}

function joinDuplicates(query: URLSearchParams): JsonObject {
  const joined: JsonObject = {};
  for (const key of new Set(query.keys())) joined[key] = query.getAll(key).join(',');
  return joined;
}

/** `[18/Nov/2026:09:12:13 +0000]`-like, without the brackets, as the payload has it. */
function clfTime(now: Date): string {
  const month = now.toLocaleString('en-US', { month: 'short', timeZone: 'UTC' });
  const [date = '', time = ''] = now.toISOString().split('T');
  return `${date.slice(8)}/${month}/${date.slice(0, 4)}:${time.slice(0, 8)} +0000`;
}

function isText(headers: Record<string, string>): boolean {
  const type = headers['content-type'] ?? '';
  return (
    headers['content-encoding'] === undefined &&
    (type === '' || /^text\/|json|xml|javascript|x-www-form-urlencoded/.test(type))
  );
}

function iamIdentity(principal: LocalPrincipal, accountId: string): JsonObject {
  const callerId = principal.arn.includes(':assumed-role/')
    ? `${principal.accessKeyId}:${principal.arn.split('/').at(-1)}`
    : principal.accessKeyId;
  return {
    accessKey: principal.accessKeyId,
    accountId,
    callerId,
    cognitoIdentity: null,
    principalOrgId: null,
    userArn: principal.arn,
    userId: callerId,
  };
}

function toEvent(request: AwsRequest, match: RouteMatch, options: HttpApiOptions): JsonObject {
  const { cookie, ...given } = request.headers;
  const headers: Record<string, string> = { ...given, 'x-forwarded-proto': 'http' };
  const now = new Date();
  const { routeKey, isIam } = match.route;
  const hasQuery = request.query.size > 0;
  return {
    version: '2.0',
    routeKey,
    rawPath: decode(request.rawPath),
    rawQueryString: request.query.toString(),
    ...(cookie === undefined ? {} : { cookies: cookie.split(/;\s*/) }),
    headers,
    ...(hasQuery ? { queryStringParameters: joinDuplicates(request.query) } : {}),
    requestContext: {
      accountId: options.accountId,
      apiId: options.apiId,
      ...(isIam ? { authorizer: { iam: iamIdentity(request.principal, options.accountId) } } : {}),
      domainName: options.domainName,
      domainPrefix: options.apiId,
      http: {
        method: request.method,
        path: decode(request.rawPath),
        protocol: 'HTTP/1.1',
        sourceIp: '127.0.0.1',
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: randomUUID(),
      routeKey,
      stage: '$default',
      time: clfTime(now),
      timeEpoch: now.getTime(),
    },
    ...(Object.keys(match.pathParameters).length > 0 ? { pathParameters: match.pathParameters } : {}),
    ...bodyOf(request),
  };
}

function bodyOf(request: AwsRequest): JsonObject {
  if (request.body.length === 0) return { isBase64Encoded: false };
  const isBase64Encoded = !isText(request.headers);
  return { body: request.body.toString(isBase64Encoded ? 'base64' : 'utf8'), isBase64Encoded };
}

/** A function may answer with a response, or with any other JSON value, which becomes a 200. */
export function toResponse(payload: string): AwsResponse {
  const value = parseJson(payload);
  if (!isObject(value) || value.statusCode === undefined) {
    const body = typeof value === 'string' ? value : payload;
    return { status: 200, headers: { 'content-type': 'application/json' }, body };
  }
  const headers: Record<string, string> = {};
  for (const [name, header] of Object.entries(asObject(value.headers)))
    headers[name.toLowerCase()] = String(header);
  if (Array.isArray(value.cookies)) headers['set-cookie'] = value.cookies.join(', ');
  const text = typeof value.body === 'string' ? value.body : JSON.stringify(value.body ?? '');
  const body = value.isBase64Encoded === true ? Buffer.from(text, 'base64') : value.body == null ? '' : text;
  headers['content-type'] ??=
    value.isBase64Encoded === true ? 'application/octet-stream' : 'text/plain;charset=utf-8';
  return { status: Number(value.statusCode), headers, body };
}

/** An API Gateway HTTP API: chooses a route and calls its function with a payload of format 2.0. */
export function makeHttpApi(options: HttpApiOptions): HttpApi {
  const routes: CompiledRoute[] = [];

  async function handle(request: AwsRequest): Promise<AwsResponse> {
    if (options.mayCall?.(request.principal, request.rawPath) === false) return message(403, 'Forbidden');
    if (request.body.length > maxPayloadBytes) return message(413, 'Request Entity Too Large');
    const match = findRoute(routes, request.method, request.rawPath);
    if (!match) return message(404, 'Not Found');
    const tooLate = new AbortController();
    const outcome = await Promise.race([
      options.invoke(match.route.functionArn, toEvent(request, match, options)),
      delay(integrationSeconds * 1000, undefined, { signal: tooLate.signal }).catch(() => undefined),
    ]);
    tooLate.abort();
    if (!outcome) return message(504, 'Internal Server Error');
    return outcome.ok ? toResponse(outcome.payload) : message(500, 'Internal Server Error');
  }

  return { handle, addRoute: (route) => void routes.push(compile(route)) };
}
