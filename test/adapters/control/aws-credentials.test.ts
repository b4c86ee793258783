import { expect, test } from '@jest/globals';
import { makeContainerCredentials } from '../../../lib/adapters/control/aws-credentials.ts';

function makeEndpoint(reply: (call: number) => Response) {
  const urls: string[] = [];
  const fetch = async (url: string | URL | Request) => {
    urls.push(String(url));
    return reply(urls.length);
  };
  return { fetch, urls };
}

const document = (call: number) =>
  Response.json({
    AccessKeyId: `ASIA${call}`,
    SecretAccessKey: 'secret',
    Token: 'token',
    Expiration: '2026-11-20T12:00:00Z',
    RoleArn: 'arn:aws:iam::123456789012:role/worker',
  });

const atMs = (time: string) => Date.parse(`2026-11-20T${time}Z`);

test('the task role is asked at its address, and remembered until five minutes before it expires', async () => {
  let now = atMs('06:00:00');
  const { fetch, urls } = makeEndpoint(document);
  const credentials = makeContainerCredentials({
    relativeUri: '/v2/credentials/abc',
    fetch,
    nowMs: () => now,
  });
  expect(await credentials()).toEqual({
    accessKeyId: 'ASIA1',
    secretAccessKey: 'secret',
    sessionToken: 'token',
  });
  now = atMs('11:54:59');
  expect((await credentials()).accessKeyId).toBe('ASIA1');
  now = atMs('11:55:00');
  expect((await credentials()).accessKeyId).toBe('ASIA2');
  expect(urls).toEqual(Array(2).fill('http://169.254.170.2/v2/credentials/abc'));
});

test('two who ask at the same time share one answer', async () => {
  const { fetch, urls } = makeEndpoint(document);
  const credentials = makeContainerCredentials({ relativeUri: '/x', fetch });
  await Promise.all([credentials(), credentials()]);
  expect(urls).toHaveLength(1);
});

test('a task without a role says so, and what was answered is not in the message', async () => {
  const { fetch } = makeEndpoint(() => Response.json({ SecretAccessKey: 'canary' }));
  const credentials = makeContainerCredentials({ relativeUri: '/x', fetch });
  await expect(credentials()).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.not.stringContaining('canary'),
    remedy: 'Look whether the task definition has a task role',
  });
});
