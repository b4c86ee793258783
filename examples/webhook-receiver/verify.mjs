import { createHmac, timingSafeEqual } from 'node:crypto';

/** Older or newer messages are refused: somebody may have recorded them. */
const toleranceSeconds = 300;

/**
 * Whether a message is one of Muster's, by Standard Webhooks 1.0.0.
 *
 * @param {string} body the bytes as they came, before any parsing: the signature covers each of them
 * @param {Record<string, string | string[] | undefined>} headers with lower-case names
 * @param {string[]} secrets those that are valid, `whsec_…`: two while one is being replaced
 * @param {number} [nowSeconds]
 * @returns {{ok: true, id: string} | {ok: false, reason: string}}
 */
export function verify(body, headers, secrets, nowSeconds = Date.now() / 1000) {
  const id = headers['webhook-id'];
  const timestamp = headers['webhook-timestamp'];
  const signatures = headers['webhook-signature'];
  if (typeof id !== 'string' || typeof timestamp !== 'string' || typeof signatures !== 'string')
    return { ok: false, reason: 'webhook-id, webhook-timestamp or webhook-signature is missing' };
  if (!/^\d{1,12}$/.test(timestamp))
    return { ok: false, reason: 'webhook-timestamp is not a number of seconds' };
  if (Math.abs(nowSeconds - Number(timestamp)) > toleranceSeconds)
    return { ok: false, reason: `webhook-timestamp is more than ${toleranceSeconds} s off` };
  const expected = secrets.map((secret) => sign(`${id}.${timestamp}.${body}`, secret));
  const given = signatures.split(' ').filter((each) => each.startsWith('v1,'));
  const isOurs = given.some((each) => expected.some((one) => isSame(each.slice('v1,'.length), one)));
  return isOurs ? { ok: true, id } : { ok: false, reason: 'no signature is by a secret that is known here' };
}

function sign(text, secret) {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  return createHmac('sha256', key).update(text).digest('base64');
}

/** In the same time wherever they differ. */
function isSame(a, b) {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
