import { AppError } from '#contracts/errors.ts';

/** Names that only a network of one's own knows, or that lead back to whoever asks. Sources: RFC 6761, 6762, 8375. */
const privateEndings = ['localhost', 'local', 'internal', 'home.arpa', 'lan', 'test', 'invalid'];
const loopback = ['127.0.0.1', '[::1]'];

/**
 * Refuses at once what can never be delivered. The URL parser has undone every disguise of an address by then
 * (`0x7f.1`, `2130706433`, `127.1`), so that a host is either a name or seen to be an address. Where a name leads is
 * asked at each try, and checked there.
 *
 * @throws AppError `invalid_request`
 */
export function requireCallback(text: string | undefined, { loopbackWebhooks = false } = {}): void {
  if (text === undefined) return;
  const url = new URL(text);
  if (url.username !== '' || url.password !== '')
    throw refused('must not hold a user name or a password', url);
  if (loopbackWebhooks && loopback.includes(url.hostname) && /^https?:$/.test(url.protocol)) return;
  if (url.protocol !== 'https:') throw refused(`must begin with https://, not ${url.protocol}//`, url);
  if (url.port !== '') throw refused(`names port ${url.port}; only 443 can be used`, url);
  const host = url.hostname.replace(/\.$/, '');
  if (isAddress(host)) throw refused(`names the address ${host}; give the name of a host`, url);
  const isPrivate = privateEndings.some((end) => host === end || host.endsWith(`.${end}`));
  if (isPrivate || !host.includes('.')) throw refused(`names ${host}, which is not a public host`, url);
}

/** As the URL parser leaves them. */
function isAddress(host: string): boolean {
  return host.startsWith('[') || /^\d+(\.\d+){3}$/.test(host);
}

/** Without user, path and query: they may hold what is nobody's business. */
function refused(what: string, { protocol, host }: URL): AppError {
  const message = `callbackUrl ${what} (it leads to ${protocol}//${host})`;
  return new AppError('invalid_request', message, {
    faults: [{ path: '/callbackUrl', message: what }],
    remedy: 'give an https address on the public internet, like https://example.com/hooks',
  });
}
