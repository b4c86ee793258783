import { expect, test } from '@jest/globals';
import { isPublicAddress } from '../../../lib/adapters/egress/public-address.ts';

test.each([
  ['loopback', '127.0.0.1'],
  ['loopback, another', '127.255.0.9'],
  ['unspecified', '0.0.0.0'],
  ['private 10', '10.0.0.5'],
  ['private 172', '172.31.255.255'],
  ['private 192', '192.168.0.1'],
  ['instance metadata', '169.254.169.254'],
  ['task credentials', '169.254.170.2'],
  ['carrier-grade NAT', '100.64.0.1'],
  ['multicast', '224.0.0.1'],
  ['broadcast', '255.255.255.255'],
  ['reserved', '240.0.0.1'],
  ['documentation', '203.0.113.7'],
  ['benchmarking', '198.18.0.1'],
  ['IPv6 loopback', '::1'],
  ['IPv6 unspecified', '::'],
  ['IPv4-mapped', '::ffff:7f00:1'],
  ['IPv4-mapped public', '::ffff:8.8.8.8'],
  ['IPv4-compatible', '::7f00:1'],
  ['NAT64', '64:ff9b::a9fe:a9fe'],
  ['local NAT64', '64:ff9b:1::a00:1'],
  ['6to4', '2002:7f00:1::'],
  ['Teredo', '2001::1'],
  ['link-local', 'fe80::1'],
  ['link-local with a zone', 'fe80::1%eth0'],
  ['unique local', 'fd00:ec2::254'],
  ['site-local', 'fec0::1'],
  ['IPv6 multicast', 'ff02::1'],
  ['IPv6 documentation', '2001:db8::1'],
  ['discard', '100::1'],
  ['no address', 'localhost'],
  ['nothing', ''],
])('%s (%s) is not public', (_, address) => {
  expect(isPublicAddress(address)).toBe(false);
});

test.each(['8.8.8.8', '52.94.236.248', '2606:4700::6810:84e5', '2a05:d018::1'])('%s is public', (address) => {
  expect(isPublicAddress(address)).toBe(true);
});
