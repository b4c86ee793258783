import { describe, expect, it } from '@jest/globals';
import type { AppError } from '#contracts/errors.ts';
import { parseJobRequest } from '#core/jobs/parse-job-request.ts';
import { requireCallback } from '#core/webhooks/require-callback.ts';

function faultOf(callbackUrl: string, options = {}): AppError | undefined {
  try {
    const { request } = parseJobRequest({ type: 'echo', payload: { message: 'hi' }, callbackUrl });
    requireCallback(request.callbackUrl, options);
    return undefined;
  } catch (error) {
    return error as AppError;
  }
}

describe('a callback address', () => {
  it.each([
    'https://hooks.example.com/a?b=c',
    'https://example.com:443/',
    'https://EXAMPLE.com./hooks',
    'https://bücher.example.org/',
  ])('like %s is taken', (url) => {
    expect(faultOf(url)).toBeUndefined();
  });

  it.each([
    ['without TLS', 'http://example.com/'],
    ['of another protocol', 'ftp://example.com/'],
    ['of a file', 'file:///etc/passwd'],
    ['of data', 'data:text/plain,hi'],
    ['without a protocol', 'example.com/hooks'],
    ['that is empty', ''],
    ['with a password', 'https://user:secret@example.com/'],
    ['with a user that looks like a host', 'https://example.com@10.0.0.1/'],
    ['on another port', 'https://example.com:8443/'],
    ['on the port of a database', 'https://example.com:6379/'],
    ['on this machine', 'https://localhost/'],
    ['on this machine, with a dot', 'https://localhost./'],
    ['below localhost', 'https://a.localhost/'],
    ['of a network of one’s own', 'https://printer.local/'],
    ['of a cloud’s inside', 'https://metadata.google.internal/'],
    ['of a home', 'https://nas.home.arpa/'],
    ['of one word', 'https://intranet/'],
    ['of loopback', 'https://127.0.0.1/'],
    ['of loopback, short', 'https://127.1/'],
    ['of loopback as a number', 'https://2130706433/'],
    ['of loopback in hexadecimal', 'https://0x7f.1/'],
    ['of loopback in octal', 'https://0177.0.0.1/'],
    ['of everything', 'https://0/'],
    ['of loopback by IPv6', 'https://[::1]/'],
    ['of loopback, mapped', 'https://[::ffff:7f00:1]/'],
    ['behind NAT64', 'https://[64:ff9b::7f00:1]/'],
    ['behind 6to4', 'https://[2002:7f00:1::]/'],
    ['of the metadata service', 'https://169.254.169.254/latest/meta-data/'],
    ['of the credentials of a task', 'https://169.254.170.2/'],
    ['of a private network', 'https://10.1.2.3/'],
    ['behind NAT64 of a network’s own', 'https://[64:ff9b:1::7f00:1]/'],
    ['behind Teredo', 'https://[2001:0:7f00:1::]/'],
    ['of loopback, compatible', 'https://[::127.0.0.1]/'],
    ['of a private network by IPv6', 'https://[fd00:ec2::254]/'],
    ['of a link by IPv6', 'https://[fe80::1]/'],
    ['behind a carrier’s NAT', 'https://100.64.0.1/'],
    ['of many', 'https://224.0.0.1/'],
    ['with a dot behind the address', 'https://127.0.0.1./'],
    ['in percent signs', 'https://%31%32%37.0.0.1/'],
    ['of this machine in percent signs', 'https://%6c%6fcalhost/'],
    ['with ideographic dots', 'https://127。0。0。1/'],
    ['with a tab and a line break inside', 'https://127.0.\t0.\n1/'],
    ['with backslashes', 'https:\\\\127.0.0.1\\x'],
    ['on port 80 by https', 'https://example.com:80/'],
    ['of wide digits', 'https://１２７.０.０.１/'],
    ['that is too long', `https://example.com/${'a'.repeat(2_000)}`],
  ])('%s is refused', (_what, url) => {
    expect(['invalid_request', 'payload_too_large']).toContain(faultOf(url)?.code);
    expect(faultOf(url)?.message ?? '').not.toContain('secret');
  });

  it('on this machine is taken where the local cloud was told so, and only there', () => {
    const allowed = { loopbackWebhooks: true };
    expect(faultOf('http://127.0.0.1:8787/', allowed)).toBeUndefined();
    expect(faultOf('http://[::1]:8787/', allowed)).toBeUndefined();
    for (const url of [
      'http://10.0.0.1/',
      'http://example.com/',
      'https://127.0.0.2/',
      'http://localhost:1/',
    ])
      expect(faultOf(url, allowed)?.code).toBe('invalid_request');
  });
});
