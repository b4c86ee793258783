import { Aws } from 'aws-cdk-lib';
import { ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { acknowledgeWildcard } from './acknowledge.ts';
import { findTheStack } from './find-the-stack.ts';
import type { HttpApi } from './http-api.ts';

export interface OnCallProps {
  readonly api: HttpApi;
  readonly logGroups: readonly ILogGroup[];
}

/**
 * The policy `MusterOnCall-<region>`: whoever is woken at night may stop everything and look around, and nothing
 * else. Starting again is for those who may also answer for it.
 */
export class OnCall extends Construct {
  constructor(scope: Construct, id: string, { api, logGroups }: OnCallProps) {
    super(scope, id);
    const policy = new ManagedPolicy(this, 'Policy', {
      managedPolicyName: `MusterOnCall-${Aws.REGION}`,
      description: 'Muster: stop everything, and read',
      statements: [
        new PolicyStatement({
          sid: 'StopAndRead',
          actions: ['execute-api:Invoke'],
          resources: [api.callArn('POST', '/stop-all'), api.callArn('GET', '/*')],
        }),
        new PolicyStatement({
          sid: 'ReadLogs',
          actions: ['logs:FilterLogEvents', 'logs:GetLogEvents'],
          resources: logGroups.map(({ logGroupArn }) => logGroupArn),
        }),
        new PolicyStatement({ sid: 'SeeAlarms', actions: ['cloudwatch:DescribeAlarms'], resources: ['*'] }),
      ],
    });
    findTheStack(policy);
    acknowledgeWildcard(policy, api.callPattern('GET', '/*'), 'Reading: every route that is a GET.');
    acknowledgeWildcard(policy, api.callPattern('POST', '/stop-all'), 'The stage; there is one.');
    acknowledgeWildcard(policy, '*', 'DescribeAlarms lists; it knows no resource.');
  }
}
