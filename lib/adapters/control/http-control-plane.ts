import * as z from 'zod';
import { AppError, type ErrorCode, isErrorCode } from '#contracts/errors.ts';
import { problem } from '#contracts/job-view.ts';
import {
  artifactsReply,
  credentialsReply,
  eventsReply,
  finishReply,
  heartbeatReply,
  notesReply,
  startReply,
  turnReply,
  workerUploadsReply,
} from '#contracts/worker-protocol.ts';
import type { ControlPlane } from '#core/ports/control.ts';
import type { CredentialProvider } from './aws-credentials.ts';
import { signedFetch } from './sigv4.ts';

export interface HttpControlPlaneOptions {
  /** Without a slash at its end. */
  apiUrl: string;
  region: string;
  credentials: CredentialProvider;
  traceparent?: string | undefined;
  /** Longest wait for one answer; default 10 s. */
  timeoutMs?: number;
  fetch?: typeof fetch;
}

/** The worker protocol over signed HTTPS: one request per call, no repeats. */
export function makeHttpControlPlane(options: HttpControlPlaneOptions): ControlPlane {
  const call = <T>(name: string, schema: z.ZodType<T>, request: unknown, signal: AbortSignal) =>
    post(options, name, schema, request, signal);
  return {
    start: (request, signal) => call('start', startReply, request, signal),
    heartbeat: (request, signal) => call('heartbeat', heartbeatReply, request, signal),
    turn: (request, signal) => call('turn', turnReply, request, signal),
    events: (request, signal) => call('events', eventsReply, request, signal),
    uploads: (request, signal) => call('uploads', workerUploadsReply, request, signal),
    artifacts: (request, signal) => call('artifacts', artifactsReply, request, signal),
    notes: (request, signal) => call('notes', notesReply, request, signal),
    credentials: (request, signal) => call('credentials', credentialsReply, request, signal),
    finish: (request, signal) => call('finish', finishReply, request, signal),
  };
}

async function post<T>(
  options: HttpControlPlaneOptions,
  name: string,
  schema: z.ZodType<T>,
  request: unknown,
  signal: AbortSignal,
): Promise<T> {
  const body = JSON.stringify(request);
  let response = await send(options, name, body, signal, false);
  if (await isGatewayRefusal(response)) response = await send(options, name, body, signal, true);
  const document = await readJson(response, name, signal);
  if (!response.ok) throw toAppError(response.status, document, name);
  const parsed = schema.safeParse(document);
  if (parsed.success) return parsed.data;
  throw new AppError(
    'internal',
    `The control plane's answer to "${name}" is of an unknown shape: ${paths(parsed.error)}`,
    {
      retryable: false,
      remedy: 'Deploy again, so that worker image and control plane are of one version',
    },
  );
}

async function send(
  { apiUrl, region, credentials, traceparent, timeoutMs = 10_000, fetch }: HttpControlPlaneOptions,
  name: string,
  body: string,
  signal: AbortSignal,
  fresh: boolean,
): Promise<Response> {
  const headers = { 'content-type': 'application/json', ...(traceparent && { traceparent }) };
  const identity = await credentials({ fresh });
  try {
    return await signedFetch({
      url: `${apiUrl}/worker/${name}`,
      method: 'POST',
      body,
      headers,
      credentials: identity,
      region,
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      ...(fetch && { fetch }),
    });
  } catch (cause) {
    throw toUnavailable(cause, name, signal);
  }
}

/** A 403 that is no problem document comes from the gateway: credentials may have been changed under us. */
async function isGatewayRefusal(response: Response): Promise<boolean> {
  if (response.status !== 403 || isProblem(response)) return false;
  await response.body?.cancel();
  return true;
}

function isProblem(response: Response): boolean {
  return response.headers.get('content-type')?.startsWith('application/problem+json') ?? false;
}

async function readJson(response: Response, name: string, signal: AbortSignal): Promise<unknown> {
  let text: string;
  try {
    text = await response.text();
  } catch (cause) {
    throw toUnavailable(cause, name, signal);
  }
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    // Something in between answered in its own words: the status says enough.
    return undefined;
  }
}

function toUnavailable(cause: unknown, name: string, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  return new AppError('unavailable', `The control plane did not answer "${name}": ${describe(cause)}`, {
    cause,
  });
}

const failure = z.object({ name: z.string(), message: z.string(), cause: z.unknown().optional() });
const systemFailure = z.object({ code: z.string() });

/** `fetch` says only "fetch failed"; the system's code is in its cause. Read by shape: it may be of another realm. */
function describe(cause: unknown): string {
  const { data } = failure.safeParse(cause);
  if (data?.name === 'TimeoutError') return 'timed out';
  return systemFailure.safeParse(data?.cause).data?.code ?? data?.message ?? 'unknown reason';
}

function toAppError(status: number, document: unknown, name: string): AppError {
  const parsed = problem.safeParse(document);
  if (!parsed.success)
    return new AppError(codeOf(status), `The control plane answered "${name}" with status ${status}`);
  const { code, detail, retryable, remedy, faults } = parsed.data;
  const known = isErrorCode(code) ? code : codeOf(status);
  return new AppError(known, detail, { retryable, ...(remedy && { remedy }), ...(faults && { faults }) });
}

function codeOf(status: number): ErrorCode {
  if (status === 403) return 'forbidden';
  if (status === 401) return 'unauthenticated';
  if (status === 404) return 'not_found';
  if (status === 409) return 'stale_attempt';
  if (status === 413) return 'payload_too_large';
  if (status === 408 || status === 429 || status >= 500) return 'unavailable';
  return 'invalid_request';
}

function paths(error: z.ZodError): string {
  return error.issues.map((issue) => `/${issue.path.join('/')} ${issue.message}`).join('; ');
}
