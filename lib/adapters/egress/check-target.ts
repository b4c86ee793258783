import { isIP } from 'node:net';
import { AppError } from '#contracts/errors.ts';
import { isPublicAddress } from './public-address.ts';

/** Where to connect: checked, so that only this and nothing that a name says later is used. */
export interface Target {
  url: URL;
  /** Without brackets and the dot that may end it. */
  host: string;
  port: number;
  /** All addresses of the host, each allowed; at least one. */
  addresses: string[];
}

export type Resolve = (host: string) => Promise<string[]>;

export interface TargetRules {
  resolve: Resolve;
  /** `address:port`, or `address:*`, that may be reached although they are not public, and by http too. */
  trusted: readonly string[];
}

const portOf: Readonly<Record<string, number>> = { 'https:': 443, 'http:': 80 };

/** Throws `invalid_request` for the form, `forbidden` for where it leads, `unavailable` for an unknown name. */
export async function checkTarget(text: string, { resolve, trusted }: TargetRules): Promise<Target> {
  const url = parseUrl(text);
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
  const standardPort = portOf[url.protocol];
  const port = url.port === '' ? (standardPort ?? 0) : Number(url.port);
  const addresses = isIP(host) ? [host] : await resolve(host);
  if (addresses.length === 0) throw new AppError('unavailable', `${host} has no address.`);
  if (addresses.every((address) => [port, '*'].some((end) => trusted.includes(`${address}:${end}`))))
    return { url, host, port, addresses };
  // Every one of them: a name with a public and a private address would else be let through by chance.
  const hidden = addresses.find((address) => !isPublicAddress(address));
  if (hidden !== undefined)
    throw new AppError('forbidden', `${host} is at ${hidden}, which is not a public address.`);
  if (url.protocol !== 'https:')
    throw new AppError('invalid_request', 'Only https addresses can be fetched.');
  if (port !== standardPort) throw new AppError('forbidden', `Port ${port} is closed: only 443 can be used.`);
  return { url, host, port, addresses };
}

function parseUrl(text: string): URL {
  const url = URL.parse(text);
  if (!url) throw new AppError('invalid_request', `${JSON.stringify(text.slice(0, 200))} is not a URL.`);
  if (portOf[url.protocol] === undefined)
    throw new AppError('invalid_request', `Only https addresses can be fetched, not ${url.protocol}`);
  if (url.username !== '' || url.password !== '')
    throw new AppError('invalid_request', 'An address must not hold a user name or a password.');
  return url;
}
