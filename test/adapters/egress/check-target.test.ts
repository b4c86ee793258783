import { expect, test } from '@jest/globals';
import { checkTarget } from '../../../lib/adapters/egress/check-target.ts';
import { AppError } from '../../../lib/contracts/errors.ts';

const publicAddress = '93.184.215.14';

function check(url: string, addresses: readonly string[] = [publicAddress]) {
  return checkTarget(url, { resolve: async () => [...addresses], trusted: [] });
}

async function refusal(promise: Promise<unknown>): Promise<{ code: string; message: string }> {
  const error = await promise.then(
    () => undefined,
    (reason) => reason,
  );
  if (!(error instanceof AppError)) throw new Error(`was not refused: ${error}`);
  return { code: error.code, message: error.message };
}

test.each([
  ['octal', 'https://0177.0.0.1/'],
  ['decimal', 'https://2130706433/'],
  ['hexadecimal', 'https://0x7f.1/'],
  ['hexadecimal, whole', 'https://0x7f000001/'],
  ['short', 'https://127.1/'],
  ['zero', 'https://0/'],
  ['metadata, decimal', 'https://2852039166/latest/meta-data/'],
  ['task credentials', 'https://169.254.170.2/v2/credentials/x'],
  ['IPv6 loopback', 'https://[::1]/'],
  ['IPv4-mapped', 'https://[::ffff:7f00:1]/'],
  ['IPv4-mapped, dotted', 'https://[::ffff:169.254.169.254]/'],
  ['NAT64', 'https://[64:ff9b::169.254.169.254]/'],
  ['6to4', 'https://[2002:7f00:1::]/'],
  ['unique local', 'https://[fd00:ec2::254]/'],
  ['trailing dot', 'https://127.0.0.1./'],
  ['full-width digits', 'https://１２７.０.０.１/'],
  ['percent-encoded', 'https://%31%32%37.0.0.1/'],
  ['ideographic dots', 'https://127。0。0。1/'],
  ['tab and line break inside', 'https://127.0.\t0.\n1/'],
  ['backslashes', 'https:\\\\127.0.0.1\\x'],
])('an address in disguise is refused: %s', async (_, url) => {
  // The stub would answer a public address: what is refused here is the literal.
  expect(await refusal(check(url))).toMatchObject({ code: 'forbidden' });
});

test.each([
  ['user name', 'https://user@example.com/'],
  ['password', 'https://user:secret@example.com/'],
  ['host in disguise', 'https://example.com:443@127.0.0.1/'],
])('an address with userinfo is refused, and the password not repeated: %s', async (_, url) => {
  const { code, message } = await refusal(check(url));
  expect(code).toBe('invalid_request');
  expect(message).not.toContain('secret');
});

test.each([
  ['http', 'http://example.com/', 'invalid_request'],
  ['ftp', 'ftp://example.com/', 'invalid_request'],
  ['file', 'file:///etc/passwd', 'invalid_request'],
  ['data', 'data:text/plain,x', 'invalid_request'],
  ['no URL', 'example.com', 'invalid_request'],
  ['zone in a literal', 'https://[fe80::1%25eth0]/', 'invalid_request'],
  ['another port', 'https://example.com:8443/', 'forbidden'],
  ['port 80 by https', 'https://example.com:80/', 'forbidden'],
  ['port 22', 'https://example.com:22/', 'forbidden'],
])('only https on its own port can be fetched: %s', async (_, url, code) => {
  expect(await refusal(check(url))).toMatchObject({ code });
});

test('a name that leads to a private address is refused, whatever it is called', async () => {
  expect(await refusal(check('https://localtest.example/', ['127.0.0.1']))).toEqual({
    code: 'forbidden',
    message: 'localtest.example is at 127.0.0.1, which is not a public address.',
  });
});

test('one private address among public ones is enough', async () => {
  const answer = check('https://example.com/', [publicAddress, '2606:4700::1', '10.0.0.1']);
  expect(await refusal(answer)).toMatchObject({ code: 'forbidden' });
});

test('a name without an address is not fetched', async () => {
  expect(await refusal(check('https://example.com/', []))).toMatchObject({ code: 'unavailable' });
});

test('a public name is allowed with the addresses that were checked', async () => {
  expect(await check('https://Example.COM./path?q=1')).toMatchObject({
    host: 'example.com',
    port: 443,
    addresses: [publicAddress],
  });
});
