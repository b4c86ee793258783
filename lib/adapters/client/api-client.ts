import * as z from 'zod';
import { AppError } from '#contracts/errors.ts';
import { limits } from '#contracts/limits.ts';
import type { Route } from '#contracts/routes/route.ts';
import { routes } from '#contracts/routes.ts';
import { retryDelayMs } from '#core/retry.ts';
import { signedFetch } from '../control/sigv4.ts';
import type { ApiTarget } from './find-api.ts';
import { problemToError } from './problem-to-error.ts';

/** Every call may be repeated: reads by nature, `POST /jobs` and `retry` by their key, the others by design. */
const attempts = 4;
const backoff = { baseMs: 400, capMs: 4_000 };
const timeoutMs = 30_000;

export interface CallOptions {
  params?: Record<string, string>;
  query?: Record<string, string | number | undefined>;
  body?: unknown;
  idempotencyKey?: string;
  signal?: AbortSignal;
  /** For looking whether anybody is there at all. */
  once?: boolean;
}

export interface Reply<T> {
  status: number;
  body: T;
  /** The `Date` header. */
  date: string | null;
}

type SchemaOf<R> = R extends { schema: infer S extends z.ZodType } ? z.output<S> : never;
type BodyOf<R extends Route> = SchemaOf<R['replies'][keyof R['replies']]>;
type Routes = typeof routes;

export interface ApiClient {
  readonly target: ApiTarget;
  /** One route by its name. @throws AppError what the API refused, or `unavailable` where nobody answers */
  call<N extends keyof Routes>(name: N, options?: CallOptions): Promise<Reply<BodyOf<Routes[N]>>>;
}

export interface ApiClientOptions {
  fetch?: typeof fetch;
  sleep?(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The client API over signed requests, with back-off where another try may help. */
export function makeApiClient(target: ApiTarget, options: ApiClientOptions = {}): ApiClient {
  const sleep = options.sleep ?? pause;

  async function call<N extends keyof Routes>(name: N, given: CallOptions = {}) {
    const route: Route = routes[name];
    for (let failures = 1; ; failures++) {
      try {
        return (await callOnce(target, route, given, options.fetch)) as Reply<BodyOf<Routes[N]>>;
      } catch (error) {
        if (given.once || failures >= attempts || !mayHelp(error)) throw error;
        await sleep(retryDelayMs(failures, backoff, Math.random), given.signal);
      }
    }
  }

  return { target, call };
}

function mayHelp(error: unknown): boolean {
  return error instanceof AppError && error.code === 'unavailable';
}

async function callOnce(
  target: ApiTarget,
  route: Route,
  given: CallOptions,
  send: typeof fetch | undefined,
): Promise<Reply<unknown>> {
  const credentials = await target.credentials();
  const url = toUrl(target.url, route.path, given);
  const headers: Record<string, string> = { accept: 'application/json' };
  if (given.body !== undefined) headers['content-type'] = 'application/json';
  if (given.idempotencyKey !== undefined) headers['idempotency-key'] = requirePrintable(given.idempotencyKey);
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const response = await signedFetch({
      url,
      method: route.method,
      headers,
      ...(given.body === undefined ? {} : { body: JSON.stringify(given.body) }),
      credentials,
      region: target.region,
      signal: given.signal ? AbortSignal.any([given.signal, timeout]) : timeout,
      ...(send && { fetch: send }),
    });
    return await toReply(response, route);
  } catch (error) {
    if (error instanceof AppError || given.signal?.aborted) throw error;
    throw unreachable(target, error);
  }
}

function toUrl(base: string, path: string, { params = {}, query = {} }: CallOptions): URL {
  const filled = path.replace(/\{(\w+)\+?\}/g, (_, name: string) => toSegment(name, params[name] ?? ''));
  const url = new URL(`${base}${filled}`);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
  return url;
}

/** A header takes no others, and would not say so in words of ours. */
function requirePrintable(key: string): string {
  const { idempotencyKeyCharacters: most } = limits;
  if (/^[\x20-\x7e]+$/.test(key) && key.length <= most) return key;
  throw new AppError(
    'invalid_request',
    `an idempotency key is 1–${most} printable ASCII characters, not ${JSON.stringify(key).slice(0, 100)}`,
  );
}

/** Nothing, `.` and `..` would make it the address of another route, as `$ID` does that was never set. */
function toSegment(name: string, value: string): string {
  if (!['', '.', '..'].includes(value)) return encodeURIComponent(value);
  throw new AppError('invalid_request', `"${value}" is no ${name}`, {
    remedy: `give the ${name} as the list of them shows it`,
  });
}

async function toReply(response: Response, route: Route): Promise<Reply<unknown>> {
  const { status } = response;
  const date = response.headers.get('date');
  const body = parseJson(await response.text());
  if (!response.ok) throw problemToError({ status, body, date, nowMs: Date.now() });
  return { status, body: parseReply(route, status, body), date };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Something in between answered in its own words: the status says enough.
    return undefined;
  }
}

/** Fields and results that this version does not know are let through: a newer deployment may send them. */
function parseReply(route: Route, status: number, body: unknown): unknown {
  const parsed = route.replies[status]?.schema.safeParse(body);
  if (parsed?.success) return parsed.data;
  if (parsed?.error.issues.every(({ code }) => code === 'unrecognized_keys' || code === 'invalid_union'))
    return body;
  const where = parsed ? z.prettifyError(parsed.error).replaceAll('\n', ' ') : `status ${status}`;
  throw new AppError(
    'internal',
    `the answer to ${route.method} ${route.path} is of an unknown shape: ${where}`,
    {
      retryable: false,
      remedy: 'deploy again, so that this command line and the API are of one version',
    },
  );
}

function unreachable(target: ApiTarget, cause: unknown): AppError {
  return new AppError('unavailable', `${target.url} does not answer: ${reasonOf(cause)}`, {
    cause,
    remedy: target.kind === 'local' ? 'is it still running? npm start' : 'look at: muster doctor',
  });
}

/** `fetch` says only "fetch failed"; the system's code is in its cause. */
function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return 'unknown reason';
  if (cause.name === 'TimeoutError') return `no answer within ${timeoutMs / 1_000} s`;
  const inner = cause.cause;
  if (inner instanceof Error) return 'code' in inner ? String(inner.code) : inner.message;
  return cause.message;
}

async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  const { setTimeout: wait } = await import('node:timers/promises');
  await wait(ms, undefined, signal ? { signal } : {});
}
