import { lookup } from 'node:dns/promises';

export async function systemResolve(host: string): Promise<string[]> {
  // A network without IPv6 is more common than one without IPv4.
  const found = await lookup(host, { all: true, order: 'ipv4first' });
  return found.map(({ address }) => address);
}
