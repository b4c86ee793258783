import { Stack } from 'aws-cdk-lib';
import { type ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { acknowledgeWildcard } from './acknowledge.ts';

/**
 * Reading the stack's outputs, which is how clients find the API. They name the stack, and then IAM is asked about
 * `stack/<name>/*`: a policy on the stack's own id, which nobody outside knows, would not let them in.
 */
export function findTheStack(policy: ManagedPolicy): void {
  const { stackName } = Stack.of(policy);
  const resource = { service: 'cloudformation', resource: 'stack', resourceName: `${stackName}/*` };
  policy.addStatements(
    new PolicyStatement({
      sid: 'FindTheStack',
      actions: ['cloudformation:DescribeStacks'],
      resources: [Stack.of(policy).formatArn(resource)],
    }),
  );
  acknowledgeWildcard(
    policy,
    `arn:<AWS::Partition>:cloudformation:<AWS::Region>:<AWS::AccountId>:stack/${stackName}/*`,
    'One stack at a time has this name.',
  );
}
