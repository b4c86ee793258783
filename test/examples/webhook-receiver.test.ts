import { describe, expect, test } from '@jest/globals';
// @ts-expect-error: plain JavaScript, as a receiver has it
import { verify } from '../../examples/webhook-receiver/verify.mjs';
import { systemDigest } from '../../lib/adapters/system.ts';
import { sign, signingKey, toSecret } from '../../lib/core/webhooks/signature.ts';

const key = signingKey(systemDigest, 'a master', 'shop', 1);
const secret = toSecret(key);
const body = '{"type":"job.ended","data":{"title":"Grüße"}}';
const now = 1_800_000_000;
const message = { id: 'wh-0123', timestampSeconds: now, body };
const headers = {
  'webhook-id': message.id,
  'webhook-timestamp': String(now),
  'webhook-signature': sign(systemDigest, key, message),
};

describe('the receiver of the example', () => {
  test('knows a message that Muster has signed [A9]', () => {
    expect(verify(body, headers, [secret], now)).toEqual({ ok: true, id: 'wh-0123' });
  });

  test('takes either of two signatures, and either of two secrets [A9]', () => {
    const other = toSecret(signingKey(systemDigest, 'a master', 'shop', 2));
    const both = { ...headers, 'webhook-signature': `v1,AAAA ${headers['webhook-signature']}` };
    expect(verify(body, both, [other, secret], now).ok).toBe(true);
    expect(verify(body, both, [other], now).ok).toBe(false);
  });

  test.each([
    ['another body', `${body} `, {}],
    ['another id', body, { 'webhook-id': 'wh-0124' }],
    ['another time', body, { 'webhook-timestamp': String(now + 1) }],
    [
      'a signature of another kind',
      body,
      { 'webhook-signature': `v1a,${headers['webhook-signature'].slice(3)}` },
    ],
    ['no signature', body, { 'webhook-signature': undefined }],
    ['no number for a time', body, { 'webhook-timestamp': '1e9' }],
  ])('refuses %s', (_what, changed, over) => {
    expect(verify(changed, { ...headers, ...over }, [secret], now).ok).toBe(false);
  });

  test('refuses what is older than five minutes, however well signed', () => {
    expect(verify(body, headers, [secret], now + 301)).toMatchObject({ ok: false });
    expect(verify(body, headers, [secret], now - 301)).toMatchObject({ ok: false });
    expect(verify(body, headers, [secret], now + 299)).toMatchObject({ ok: true });
  });

  test('signs as Standard Webhooks’ own example does', () => {
    // The vector of the specification's own libraries.
    const spec = {
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    };
    const secrets = ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'];
    expect(verify('{"test": 2432232314}', spec, secrets, 1_614_265_330)).toEqual({
      ok: true,
      id: spec['webhook-id'],
    });
  });
});
