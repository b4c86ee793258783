import type { IncomingMessage } from 'node:http';
import { AppError } from '#contracts/errors.ts';
import type { Egress, WebResponse } from '#core/ports/egress.ts';
import { abortable } from './abortable.ts';
import { checkTarget, type Resolve, type TargetRules } from './check-target.ts';
import { pinnedRequest } from './pinned-request.ts';
import { systemResolve } from './system-resolve.ts';
import { toAppError } from './to-app-error.ts';

/** Of one answer. A page for reading is shorter, and a model would not read more. */
const maxBytesDefault = 1_048_576;
/** For the whole fetch, redirects included. */
const timeoutMsDefault = 20_000;
const maxRedirects = 3;
const redirects: readonly number[] = [301, 302, 303, 307, 308];

export interface EgressOptions {
  maxBytes?: number | undefined;
  timeoutMs?: number | undefined;
  /** `address:port`, or `address:*`, that may be reached although private: a local receiver, say. Default none. */
  trusted?: readonly string[] | undefined;
  /** Default: the system's resolver. */
  resolve?: Resolve | undefined;
  /** PEM; in place of the system's certificate authorities. */
  ca?: string | undefined;
}

/**
 * Fetches what strangers name, and nothing that only we can reach. Every hop is resolved once, all its addresses
 * are checked, and the connection is made to the address that was checked.
 */
export function makeEgress(options: EgressOptions = {}): Egress {
  const {
    maxBytes = maxBytesDefault,
    timeoutMs = timeoutMsDefault,
    trusted = [],
    resolve = systemResolve,
    ca,
  } = options;
  return {
    async get(url, signal) {
      signal.throwIfAborted();
      const timeout = AbortSignal.timeout(timeoutMs);
      const both = AbortSignal.any([signal, timeout]);
      try {
        return await follow(url, { resolve, trusted }, { signal: both, ca }, maxBytes);
      } catch (error) {
        signal.throwIfAborted();
        if (timeout.aborted)
          throw new AppError('unavailable', `There was no whole answer within ${timeoutMs / 1_000} s.`, {
            cause: error,
          });
        throw toAppError(error);
      }
    },
  };
}

async function follow(
  text: string,
  rules: TargetRules,
  terms: Parameters<typeof pinnedRequest>[1],
  maxBytes: number,
): Promise<WebResponse> {
  let next = text;
  for (let hop = 0; hop <= maxRedirects; hop++) {
    const target = await abortable(checkTarget(next, rules), terms.signal);
    const response = await pinnedRequest(target, terms);
    const location = redirects.includes(response.statusCode ?? 0) ? response.headers.location : undefined;
    if (location === undefined) return readResponse(target.url, response, maxBytes);
    response.destroy();
    next = URL.parse(location, target.url.href)?.href ?? location;
  }
  throw new AppError('forbidden', `The address redirects more than ${maxRedirects} times.`);
}

async function readResponse(url: URL, response: IncomingMessage, maxBytes: number): Promise<WebResponse> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Leaving the loop closes the connection, so that nothing more arrives.
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > maxBytes) break;
  }
  return {
    url: url.href,
    status: response.statusCode ?? 0,
    contentType: (response.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '',
    body: Buffer.concat(chunks).subarray(0, maxBytes),
    cut: bytes > maxBytes,
  };
}
