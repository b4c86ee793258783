import * as z from 'zod';
import { AppError } from '#contracts/errors.ts';
import { type AwsCredentials, signedFetch } from '../control/sigv4.ts';

const timeoutMs = 20_000;
const refusal = z.object({
  __type: z.string().default('unknown error'),
  message: z.string().optional(),
  Message: z.string().optional(),
});

/** Where services are, and how to be let in. */
export interface JsonServiceTarget {
  /** Of the local cloud or another emulator: where all of them are. */
  endpointUrl?: string | undefined;
  region: string | (() => Promise<string>);
  credentials(): Promise<AwsCredentials>;
}

/** All services are behind one address on this machine, each under its own name on AWS. */
function serviceUrl(endpointUrl: string | undefined, region: string, service: string): string {
  const suffix = region.startsWith('cn-') ? '.cn' : '';
  return endpointUrl ?? `https://${service}.${region}.amazonaws.com${suffix}`;
}

/** One call in AWS's JSON protocol, for the services of which one or two calls are needed. */
export async function callJsonService<T>(
  target: JsonServiceTarget,
  call: {
    service: string;
    operation: string;
    input: object;
    reply: z.ZodType<T>;
    /** Of the protocol. Default 1.1. */
    version?: '1.0' | '1.1';
  },
): Promise<T> {
  const region = typeof target.region === 'string' ? target.region : await target.region();
  const response = await signedFetch({
    url: `${serviceUrl(target.endpointUrl, region, call.service)}/`,
    method: 'POST',
    body: JSON.stringify(call.input),
    headers: {
      'content-type': `application/x-amz-json-${call.version ?? '1.1'}`,
      'x-amz-target': call.operation,
    },
    credentials: await target.credentials(),
    region,
    service: call.service,
    signal: AbortSignal.timeout(timeoutMs),
  }).catch((cause: unknown) => {
    throw new AppError('unavailable', `${call.service} does not answer`, { cause });
  });
  // Some calls answer nothing.
  const text = await response.text();
  if (response.status >= 500 && response.status !== 501)
    throw new AppError('unavailable', `${call.operation}: ${response.status} ${text.slice(0, 300)}`);
  const body: unknown = text === '' ? {} : JSON.parse(text);
  if (response.ok) return call.reply.parse(body);
  const { __type, message, Message } = refusal.parse(body);
  const name = __type.slice(__type.lastIndexOf('#') + 1);
  throw toError(name, `${call.operation}: ${name}: ${message ?? Message ?? ''}`);
}

/** What the service called its refusal, where it was one: `ExecutionDoesNotExist`. */
export function refusalOf(error: unknown): string | undefined {
  return error instanceof AppError && error.cause instanceof Refusal ? error.cause.name : undefined;
}

class Refusal extends Error {
  constructor(name: string) {
    super(name);
    this.name = name;
  }
}

function toError(name: string, message: string): AppError {
  const cause = new Refusal(name);
  if (['ResourceNotFoundException', 'ParameterNotFound'].includes(name))
    return new AppError('not_found', message, { cause });
  if (name.startsWith('AccessDenied')) return new AppError('forbidden', message, { cause });
  if (name.startsWith('Throttling') || name === 'LimitExceededException')
    return new AppError('unavailable', message, { cause });
  return new AppError('internal', message, { retryable: false, cause });
}
