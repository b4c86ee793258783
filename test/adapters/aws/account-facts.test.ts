import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import { makeAccountFacts } from '#adapters/aws/account-facts.ts';

test.each([
  [200, true],
  [404, false],
  [403, 'forbidden'],
])('an account whose IAM answers %d has a role for ECS: %s', async (status, expected) => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    request.on('data', (part: Buffer) => asked.push(part.toString()));
    request.on('end', () => response.writeHead(status).end('<Error/>'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const { hasEcsRole } = makeAccountFacts({
      kind: 'aws',
      url: '',
      region: 'eu-central-1',
      foundBy: 'a test',
      endpointUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
      offlineModel: false,
      credentials: async () => ({ accessKeyId: 'AKIATEST', secretAccessKey: 'secret' }),
      outputs: async () => ({}),
    });
    const answer = await hasEcsRole().catch((error: { code: string }) => error.code);
    expect(answer).toBe(expected);
    expect(asked).toEqual(['Action=GetRole&RoleName=AWSServiceRoleForECS&Version=2010-05-08']);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});
