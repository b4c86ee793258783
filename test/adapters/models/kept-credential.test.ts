import { expect, test } from '@jest/globals';
import { keepCredential } from '../../../lib/adapters/models/kept-credential.ts';
import type { AwsCredential } from '../../../lib/contracts/provider-keys.ts';
import type { WorkerTime } from '../../../lib/core/ports/worker.ts';

const never = new AbortController().signal;

function credential(number: number, validSeconds = 3_600): AwsCredential {
  const secretAccessKey = `secret-${number}`;
  const sessionToken = `token-${number}`;
  return {
    kind: 'aws',
    name: 'bedrock',
    accessKeyId: `ASIA${number}`,
    secretAccessKey,
    sessionToken,
    validSeconds,
    region: 'eu-central-1',
  };
}

/** Only asked what time it is. */
class Clock implements WorkerTime {
  ms = 1_000_000;
  nowMs = () => this.ms;
  sleep = async () => undefined;
  random = () => 0.5;
}

function keep(validSeconds: number) {
  const time = new Clock();
  let renewals = 0;
  const renew = async () => {
    renewals += 1;
    return credential(renewals + 1, validSeconds);
  };
  const kept = keepCredential(credential(1, validSeconds), renew, time);
  return { time, kept, renewals: () => renewals, keyNow: async () => (await kept.read(never)).accessKeyId };
}

test('a credential is used until five minutes before it ends, and then renewed', async () => {
  const { time, keyNow, renewals } = keep(3_600);
  expect(await keyNow()).toBe('ASIA1');
  time.ms += 3_299_999;
  expect(await keyNow()).toBe('ASIA1');
  time.ms += 1;
  expect(await keyNow()).toBe('ASIA2');
  expect(await keyNow()).toBe('ASIA2');
  expect(renewals()).toBe(1);
});

test('calls that begin together wait for one renewal', async () => {
  const { kept, renewals } = keep(60);
  const keys = await Promise.all([kept.read(never), kept.read(never), kept.read(never)]);
  expect(keys.map(({ accessKeyId }) => accessKeyId)).toEqual(['ASIA2', 'ASIA2', 'ASIA2']);
  expect(renewals()).toBe(1);
});

test('the secrets of every credential stay secrets', async () => {
  const { kept } = keep(60);
  await kept.read(never);
  expect(kept.secrets()).toEqual(['secret-1', 'token-1', 'secret-2', 'token-2']);
});

test('a renewal that fails is told, and the next call asks again', async () => {
  const time = new Clock();
  const failures = [new Error('not now')];
  const renew = async () => {
    const failure = failures.shift();
    if (failure) throw failure;
    return credential(2);
  };
  const kept = keepCredential(credential(1, 1), renew, time);
  await expect(kept.read(never)).rejects.toThrow('not now');
  expect((await kept.read(never)).accessKeyId).toBe('ASIA2');
});
