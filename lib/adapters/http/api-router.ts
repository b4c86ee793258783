import { Router } from '@aws-lambda-powertools/event-handler/http';
import type { Context } from 'aws-lambda';
import type { Telemetry } from '#adapters/telemetry.ts';
import { AppError } from '#contracts/errors.ts';
import type { RouteName } from '#contracts/routes.ts';
import { type HttpEvent, traceIdOf, traceparentOf } from './http-request.ts';
import { problemResponse, toAppError } from './problem-response.ts';

export interface HttpCall {
  event: HttpEvent;
  params: Record<string, string>;
  query: Record<string, string>;
  traceparent: string;
}

/** Of the thing that a route `…/{id}…` is about. */
export function idOf({ params }: HttpCall): string {
  return params.id ?? '';
}

export type HttpHandler = (call: HttpCall) => Promise<Response>;

interface RoutePlace {
  method: string;
  path: string;
}

/** `{path+}` is the rest of the path; Powertools wants that as a regular expression. */
function toPattern(path: string): `/${string}` | RegExp {
  if (path.includes('+}'))
    return new RegExp(`^${path.replace(/\{(\w+)\+\}/, '(?<$1>.+)').replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`);
  return path.replace(/\{(\w+)\}/g, ':$1') as `/${string}`;
}

export interface ApiRouterOptions {
  telemetry: Telemetry;
  hex: (bytes: number) => string;
  /** Every route there is, where this function is asked for what no other one answers; default: its own. */
  known?: Readonly<Record<string, RoutePlace>>;
}

/** Routes of one function over Powertools' router. Whatever a handler throws leaves as a problem document. */
export function makeApiRouter(
  places: Readonly<Record<string, RoutePlace>>,
  handlers: Readonly<Record<string, HttpHandler>>,
  options: ApiRouterOptions,
) {
  const { telemetry, hex } = options;
  const router = new Router({ logger: telemetry.logger });
  for (const [name, { method, path }] of Object.entries(places)) {
    const handler = handlers[name];
    if (!handler) throw new Error(`route ${name} has no handler`);
    router.route(({ event, params }) => answer(event as HttpEvent, params, handler, name as RouteName), {
      method: method as 'GET',
      path: toPattern(path),
    });
  }
  router.notFound(async (_error, { event }) => refuseRoute(event as HttpEvent));
  router.errorHandler(Error, async (error, { event }) => refuse(event as HttpEvent, unroutable(error)));

  function refuse(event: HttpEvent, error: AppError, traceparent = traceparentOf(event, hex)): Response {
    const traceId = traceIdOf(traceparent);
    if (error.status === 403) telemetry.metrics.count('DeniedCalls');
    const fields = { code: error.code, traceId, route: event.routeKey, cause: error.cause };
    if (error.status >= 500) telemetry.logger.error(error.message, { ...fields, error });
    else telemetry.log.info(`refused: ${error.message}`, fields);
    return problemResponse(error, traceId);
  }

  function refuseRoute(event: HttpEvent): Response {
    const methods = methodsOf(options.known ?? places, event.requestContext.http.path);
    const response = refuse(event, unknownRoute(event, methods));
    // RFC 9110: a 405 names the methods.
    if (response.status === 405) response.headers.set('allow', methods.join(', '));
    return response;
  }

  async function answer(
    event: HttpEvent,
    params: Record<string, string>,
    handler: HttpHandler,
    route: string,
  ): Promise<Response> {
    const traceparent = traceparentOf(event, hex);
    try {
      const query = Object.fromEntries(new URLSearchParams(event.rawQueryString));
      const response = await handler({ event, params, query, traceparent });
      telemetry.log.info('answered', {
        route,
        job: params.id,
        status: response.status,
        traceId: traceIdOf(traceparent),
      });
      return response;
    } catch (error) {
      return refuse(event, toAppError(error), traceparent);
    }
  }

  return async (event: HttpEvent, context: Context) => {
    try {
      return await router.resolve(withoutStrayBody(event), context);
    } catch (error) {
      return toResult(refuse(event, unroutable(error)));
    } finally {
      telemetry.flush();
    }
  };
}

/** The router makes a web request of the event first, and such a request has no body with GET. */
function withoutStrayBody(event: HttpEvent): HttpEvent {
  const { method } = event.requestContext.http;
  if (method !== 'GET' && method !== 'HEAD') return event;
  const { body: _, ...rest } = event;
  return rest;
}

/** What the router throws before any handler is called: over a path that it cannot decode, mostly. */
function unroutable(cause: unknown): AppError {
  return new AppError('invalid_request', 'the path is not valid percent-encoding, or a part of it is blank', {
    cause,
    remedy: 'GET /openapi.json lists all routes',
  });
}

async function toResult(response: Response) {
  const headers = Object.fromEntries(response.headers);
  return { statusCode: response.status, headers, body: await response.text(), isBase64Encoded: false };
}

function methodsOf(places: Readonly<Record<string, RoutePlace>>, path: string): string[] {
  return Object.values(places)
    .filter((place) => matches(place.path, path))
    .map((place) => place.method);
}

function unknownRoute(event: HttpEvent, methods: readonly string[]): AppError {
  const { method, path } = event.requestContext.http;
  if (methods.length > 0 && !methods.includes(method))
    return new AppError('method_not_allowed', `${path} takes ${methods.join(', ')}, not ${method}`);
  return new AppError('unknown_route', `there is no route ${method} ${path}`, {
    remedy: 'GET /openapi.json lists all routes',
  });
}

function matches(pattern: string, path: string): boolean {
  return new RegExp(`^${pattern.replace(/\{\w+\+\}/, '.+').replace(/\{\w+\}/g, '[^/]+')}$`).test(path);
}
