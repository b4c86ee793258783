import { describe, expect, test } from '@jest/globals';
import type { AccountFacts } from '../../lib/adapters/aws/account-facts.ts';
import type { Context } from '../../lib/cli/context.ts';
import { checkAccount } from '../../lib/cli/doctor/check-account.ts';
import { checkDocker } from '../../lib/cli/doctor/check-docker.ts';
import { lookAtAws } from '../../lib/cli/doctor/look-at-aws.ts';
import { AppError } from '../../lib/contracts/errors.ts';

const good: AccountFacts = {
  bootstrapVersion: async () => 30,
  hasEcsRole: async () => true,
  fargateVcpus: async () => 6,
  lambdaConcurrency: async () => 1_000,
  unconfirmed: async () => [],
};
const topics = { alarms: 'arn:alarms', approvals: undefined };

async function findingOf(what: string, facts: Partial<AccountFacts>) {
  const findings = await checkAccount({ ...good, ...facts }, { region: 'eu-central-1', topics });
  return findings.find((finding) => finding.what === what);
}

describe('doctor --aws', () => {
  test('finds nothing to mend in an account that is ready [A8]', async () => {
    const findings = await checkAccount(good, { region: 'eu-central-1', topics });
    expect(findings.map(({ what, status }) => [what, status])).toEqual([
      ['region', 'ok'],
      ['bootstrap', 'ok'],
      ['ECS', 'ok'],
      ['Fargate', 'ok'],
      ['Lambda', 'ok'],
      ['alarms', 'ok'],
    ]);
  });

  test.each([
    ['bootstrap', { bootstrapVersion: async () => undefined }, 'fail', 'never done in eu-central-1'],
    ['bootstrap', { bootstrapVersion: async () => 5 }, 'fail', 'version 5, and 6 is needed'],
    ['ECS', { hasEcsRole: async () => false }, 'warn', 'was never used in this account'],
    ['Fargate', { fargateVcpus: async () => 2 }, 'warn', '2 vCPUs at once'],
    ['Lambda', { lambdaConcurrency: async () => 10 }, 'warn', '10 functions at once'],
    ['alarms', { unconfirmed: async () => ['a@example.com'] }, 'warn', 'not confirmed: a@example.com'],
  ])('says of %s what is wrong and what mends it', async (what, facts, status, seen) => {
    const finding = await findingOf(what, facts);
    expect(finding).toMatchObject({ status, seen: expect.stringContaining(seen), fix: expect.any(String) });
  });

  test('goes on where the account does not let it look', async () => {
    const fargateVcpus = async () => {
      throw new Error('AccessDenied');
    };
    expect(await findingOf('Fargate', { fargateVcpus })).toMatchObject({
      status: 'warn',
      seen: 'AccessDenied',
    });
    expect(await findingOf('alarms', { fargateVcpus })).toMatchObject({ status: 'ok' });
  });

  test.each([
    [undefined, 'warn', 'does not answer'],
    ['29.1.0 amd64', 'warn', 'has to be emulated'],
    ['29.1.0 arm64', 'ok', '29.1.0 arm64'],
  ])('takes Docker that says %s for %s', (said, status, seen) => {
    expect(checkDocker('docker', () => said)).toMatchObject({ status, seen: expect.stringContaining(seen) });
  });

  test('says once that there are no credentials, and fails, for nothing can be looked at', async () => {
    const target = {
      kind: 'aws',
      credentials: () =>
        Promise.reject(new AppError('unauthenticated', 'There are no AWS credentials: expired')),
    };
    const context = { env: { CDK_DOCKER: 'no-such-docker' }, options: {}, api: async () => ({ target }) };
    const [, ...findings] = await lookAtAws(context as unknown as Context);
    expect(findings).toEqual([
      {
        ...{ status: 'fail', what: 'AWS account', seen: 'There are no AWS credentials: expired' },
        fix: expect.stringContaining('aws configure'),
      },
    ]);
  });
});
