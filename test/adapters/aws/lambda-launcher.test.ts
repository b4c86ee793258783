import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { afterEach, describe, expect, it } from '@jest/globals';
import { defaultCompute } from '#contracts/compute.ts';
import { functionCall } from '#contracts/function-call.ts';
import type { LaunchOutcome } from '#core/ports/compute.ts';
import { makeLambdaLauncher } from '../../../lib/adapters/aws/lambda-launcher.ts';

const functionArn = 'arn:aws:lambda:us-east-1:111122223333:function:worker';
const ticket = 'ab'.repeat(32);
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

interface Seen {
  path: string | undefined;
  type: unknown;
  body: unknown;
}

/** Launches against a Lambda that gives this one answer. */
async function launchAgainst(
  status: number,
  code?: string,
): Promise<{ outcome: LaunchOutcome; seen: Seen[] }> {
  const seen: Seen[] = [];
  server = createServer(async (request, response) => {
    const chunks = await request.toArray();
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    seen.push({ path: request.url, type: request.headers['x-amz-invocation-type'], body });
    const fault = code === undefined ? {} : { 'x-amzn-errortype': code };
    response.writeHead(status, { 'x-amzn-requestid': 'call-1', ...fault });
    response.end(code === undefined ? '' : JSON.stringify({ message: 'because' }));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const client = new LambdaClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    maxAttempts: 1,
  });
  const request = { jobId: 'job-1', attempt: 2, lane: 'function', compute: defaultCompute } as const;
  try {
    const outcome = await makeLambdaLauncher(functionArn, client).launch({ ...request, ticket, traceparent });
    return { outcome, seen };
  } finally {
    client.destroy();
  }
}

describe('the launcher of the function lane', () => {
  it('calls the function once, without waiting for it, and names the call', async () => {
    const { outcome, seen } = await launchAgainst(202);
    expect(outcome).toEqual({ kind: 'started', taskArn: `${functionArn}/call-1` });
    expect(seen).toEqual([
      {
        path: `/2015-03-31/functions/${encodeURIComponent(functionArn)}/invocations`,
        type: 'Event',
        body: { v: 1, jobId: 'job-1', attempt: 2, ticket, traceparent },
      },
    ]);
    expect(functionCall.safeParse(seen[0]?.body).success).toBe(true);
  });

  it('takes a throttle as something that passes', async () => {
    const { outcome } = await launchAgainst(429, 'TooManyRequestsException');
    expect(outcome).toEqual({ kind: 'rejected', later: true, reason: 'TooManyRequestsException: because' });
  });

  it('takes a missing right for a fault of the deployment, or of its budget, and not of the job', async () => {
    const { outcome } = await launchAgainst(403, 'AccessDeniedException');
    const reason = 'AccessDeniedException: because';
    expect(outcome).toEqual({ kind: 'rejected', later: true, denied: true, reason });
  });

  it.each([
    [404, 'ResourceNotFoundException'],
    [400, 'InvalidRequestContentException'],
  ])('takes %i %s as something that does not', async (status, code) => {
    const { outcome } = await launchAgainst(status, code);
    expect(outcome).toEqual({ kind: 'rejected', later: false, reason: `${code}: because` });
  });

  it('does not guess what became of a call that failed on the other side', async () => {
    await expect(launchAgainst(500, 'ServiceException')).rejects.toMatchObject({ name: 'ServiceException' });
  });
});
