import ipaddr from 'ipaddr.js';

/** 2000::/3 is all that was ever given out for the public internet. */
const publicIpv6 = ipaddr.IPv6.parseCIDR('2000::/3');

/**
 * Whether an IP address, in any spelling, is one of the public internet. False for private, loopback and
 * link-local ones, carrier-grade NAT, multicast, documentation, and for IPv6 addresses that carry an IPv4 one
 * (mapped, NAT64, 6to4, Teredo), because they lead to wherever that one does.
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  if (parsed.range() !== 'unicast') return false;
  return !(parsed instanceof ipaddr.IPv6) || parsed.match(publicIpv6);
}
