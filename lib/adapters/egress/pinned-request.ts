import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { AppError } from '#contracts/errors.ts';
import type { Target } from './check-target.ts';

/** How many of a host's addresses are tried. */
const triedAddresses = 3;
const unreachable = ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL'];

export interface RequestTerms {
  signal: AbortSignal;
  /** Default GET, without a body. */
  method?: 'GET' | 'POST';
  /** Over the usual ones. */
  headers?: Readonly<Record<string, string>>;
  body?: string;
  /** Certificate authorities in place of the system's. */
  ca?: string | undefined;
}

/** One request to an address that was checked; no name is resolved any more and no redirect is followed. */
export async function pinnedRequest(target: Target, terms: RequestTerms): Promise<IncomingMessage> {
  const addresses = target.addresses.slice(0, triedAddresses);
  for (const [index, address] of addresses.entries()) {
    try {
      return await requestFrom(target, address, terms);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const hasNext = index + 1 < addresses.length;
      if (!hasNext || code === undefined || !unreachable.includes(code)) throw error;
    }
  }
  throw new AppError('internal', 'A target has no address.');
}

async function requestFrom({ url, host, port }: Target, address: string, terms: RequestTerms) {
  const { signal, ca, method = 'GET', headers, body } = terms;
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const request = send({
    // The address, so that nothing is looked up; the name goes into the header, and into TLS to be proved.
    host: address,
    servername: isIP(host) ? '' : host,
    port,
    method,
    path: url.pathname + url.search,
    headers: {
      host: url.host,
      'user-agent': 'muster',
      accept: 'text/*, application/json, */*;q=0.5',
      'accept-encoding': 'identity',
      ...headers,
      ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
    },
    // No pool: a connection that was made for another name must not be taken.
    agent: false,
    signal,
    ...(ca === undefined ? {} : { ca }),
  });
  // Once the response is there, its stream carries the error too.
  request.on('error', () => undefined);
  request.end(body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const connected = response.socket.remoteAddress ?? '';
  if (!isSame(connected, address)) {
    response.destroy();
    throw new AppError('forbidden', `${host} was to be at ${address}, but ${connected} answered.`);
  }
  return response;
}

function isSame(connected: string, address: string): boolean {
  return (
    ipaddr.isValid(connected) &&
    ipaddr.process(connected).toNormalizedString() === ipaddr.process(address).toNormalizedString()
  );
}
