import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ECSClient } from '@aws-sdk/client-ecs';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Capacity } from '#contracts/capacity.ts';
import { defaultCompute } from '#contracts/compute.ts';
import type { LaunchOutcome } from '#core/ports/compute.ts';
import { makeEcsLauncher } from '../../../lib/adapters/aws/ecs-tasks.ts';

const taskArn = 'arn:aws:ecs:us-east-1:111122223333:task/muster/one';
const place = {
  cluster: 'muster',
  taskDefinition: 'worker:1',
  containerName: 'worker',
  subnets: ['subnet-1'],
  securityGroups: ['sg-1'],
  assignPublicIp: 'ENABLED' as const,
  exec: false,
};

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

interface Answer {
  status?: number;
  body: object;
}

/** Launches against an ECS that gives this one answer. */
async function launchAgainst(
  { status = 200, body }: Answer,
  { capacity, exec = false }: { capacity?: Capacity; exec?: boolean } = {},
): Promise<{ outcome: LaunchOutcome; seen: Record<string, unknown>[] }> {
  const seen: Record<string, unknown>[] = [];
  server = createServer(async (request, response) => {
    seen.push(JSON.parse(Buffer.concat(await request.toArray()).toString('utf8')));
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(JSON.stringify(body));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const client = new ECSClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    maxAttempts: 1,
  });
  const job = { jobId: 'job-1', attempt: 2, lane: 'fargate', compute: defaultCompute } as const;
  const request = { ...job, ticket: 'ab'.repeat(32), traceparent: '00-1-2-01', capacity };
  try {
    const outcome = await makeEcsLauncher({ ...place, exec }, client).launch(request);
    return { outcome, seen };
  } finally {
    client.destroy();
  }
}

const started = { body: { tasks: [{ taskArn }], failures: [] } };

describe('the launcher of the lane fargate', () => {
  it('asks for Spot by its capacity provider, and names no launch type beside it [D8]', async () => {
    const { outcome, seen } = await launchAgainst(started, { capacity: 'spot' });
    expect(outcome).toEqual({ kind: 'started', taskArn });
    expect(seen).toEqual([
      expect.objectContaining({
        clientToken: 'job-1-2',
        startedBy: 'job-1/2',
        capacityProviderStrategy: [{ capacityProvider: 'FARGATE_SPOT', weight: 1 }],
      }),
    ]);
    expect(seen[0]).not.toHaveProperty('launchType');
  });

  it('asks for capacity of its own by the launch type [D8]', async () => {
    const { seen } = await launchAgainst(started, { capacity: 'on_demand' });
    expect(seen[0]).toMatchObject({ launchType: 'FARGATE' });
    expect(seen[0]).not.toHaveProperty('capacityProviderStrategy');
  });

  it('opens a task to ECS Exec only where settings say so [A10] [D4]', async () => {
    expect((await launchAgainst(started)).seen[0]).not.toHaveProperty('enableExecuteCommand');
    server?.close();
    expect((await launchAgainst(started, { exec: true })).seen[0]).toMatchObject({
      enableExecuteCommand: true,
    });
  });

  it('says that there is no room when ECS itself says so, with what it says [D8]', async () => {
    const failures = [{ reason: 'Capacity is unavailable at this time. Please try again later' }];
    const { outcome } = await launchAgainst({ body: { tasks: [], failures } }, { capacity: 'spot' });
    expect(outcome).toEqual({
      kind: 'rejected',
      later: true,
      noRoom: true,
      reason: 'Capacity is unavailable at this time. Please try again later',
    });
  });

  it('does not take a throttle for a want of room: a task may be there all the same [D8]', async () => {
    const fault = { __type: 'ThrottlingException', message: 'Rate exceeded' };
    const { outcome } = await launchAgainst({ status: 400, body: fault }, { capacity: 'spot' });
    expect(outcome).toEqual({
      kind: 'rejected',
      later: true,
      reason: 'ThrottlingException: Rate exceeded',
    });
  });

  it('takes a missing right for a fault of the deployment, or of its budget, and not of the job [D8]', async () => {
    const fault = { __type: 'AccessDeniedException', message: 'with an explicit deny' };
    const { outcome } = await launchAgainst({ status: 400, body: fault });
    const reason = 'AccessDeniedException: with an explicit deny';
    expect(outcome).toEqual({ kind: 'rejected', later: true, denied: true, reason });
  });

  it('adopts the task that the same token has started before', async () => {
    const fault = { __type: 'ConflictException', message: 'used', resourceIds: [taskArn] };
    const { outcome } = await launchAgainst({ status: 400, body: fault }, { capacity: 'spot' });
    expect(outcome).toEqual({ kind: 'started', taskArn });
  });

  it('does not guess what became of a call that failed on the other side', async () => {
    const fault = { __type: 'ServiceUnavailable', message: 'try again' };
    await expect(launchAgainst({ status: 503, body: fault })).rejects.toThrow('try again');
  });
});
