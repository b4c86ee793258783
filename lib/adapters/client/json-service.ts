import * as z from 'zod';
import { AppError } from '#contracts/errors.ts';
import { signedFetch } from '../control/sigv4.ts';
import type { ApiTarget } from './find-api.ts';

const timeoutMs = 20_000;
const refusal = z.object({
  __type: z.string().default('unknown error'),
  message: z.string().optional(),
  Message: z.string().optional(),
});

/** Where a service of this target is: all behind one address on this machine, each under its own name on AWS. */
export function serviceUrl({ endpointUrl, region }: ApiTarget, service: string): string {
  return endpointUrl ?? `https://${service}.${region}.amazonaws.com`;
}

/** One call in AWS's JSON protocol, for the services of which one or two calls are needed. */
export async function callJsonService<T>(
  target: ApiTarget,
  call: {
    service: string;
    operation: string;
    input: object;
    reply: z.ZodType<T>;
    /** Of the protocol. Default 1.1. */
    version?: '1.0' | '1.1';
  },
): Promise<T> {
  const response = await signedFetch({
    url: `${serviceUrl(target, call.service)}/`,
    method: 'POST',
    body: JSON.stringify(call.input),
    headers: {
      'content-type': `application/x-amz-json-${call.version ?? '1.1'}`,
      'x-amz-target': call.operation,
    },
    credentials: await target.credentials(),
    region: target.region,
    service: call.service,
    signal: AbortSignal.timeout(timeoutMs),
  }).catch((cause: unknown) => {
    throw new AppError('unavailable', `${call.service} does not answer`, { cause });
  });
  // Some calls answer nothing.
  const text = await response.text();
  const body: unknown = text === '' ? {} : JSON.parse(text);
  if (response.ok) return call.reply.parse(body);
  const { __type, message, Message } = refusal.parse(body);
  const name = __type.slice(__type.lastIndexOf('#') + 1);
  throw toError(name, `${call.operation}: ${name}: ${message ?? Message ?? ''}`);
}

function toError(name: string, message: string): AppError {
  if (['ResourceNotFoundException', 'ParameterNotFound'].includes(name))
    return new AppError('not_found', message);
  if (name.startsWith('AccessDenied')) return new AppError('forbidden', message);
  if (name.startsWith('Throttling')) return new AppError('unavailable', message);
  return new AppError('internal', message, { retryable: false });
}
