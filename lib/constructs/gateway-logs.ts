import { RemovalPolicy } from 'aws-cdk-lib';
import { CfnAccount } from 'aws-cdk-lib/aws-apigateway';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { acknowledgeWildcard } from './acknowledge.ts';

/** Those of AWS's own AmazonAPIGatewayPushToCloudWatchLogs: API Gateway refuses a role that lacks one of them. */
const actions = [
  'logs:CreateLogGroup',
  'logs:CreateLogStream',
  'logs:DescribeLogGroups',
  'logs:DescribeLogStreams',
  'logs:FilterLogEvents',
  'logs:GetLogEvents',
  'logs:PutLogEvents',
];

/**
 * What lets API Gateway write the logs of WebSocket APIs: one setting of the whole account in this region, without
 * which a stage that logs is refused ("CloudWatch Logs role ARN must be set in account settings to enable logging").
 * It takes the place of a role that was set before, and outlives the stack, because other APIs of the account may
 * rely on it. HTTP APIs do without.
 */
export class GatewayLogs extends Construct {
  readonly account: CfnAccount;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const statements = [new PolicyStatement({ actions, resources: ['*'] })];
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('apigateway.amazonaws.com'),
      description: 'API Gateway writes the logs of all APIs of this account',
      // In the role itself: the setting is tried out at once, when a policy of its own might not be there yet.
      inlinePolicies: { WriteLogs: new PolicyDocument({ statements }) },
    });
    role.applyRemovalPolicy(RemovalPolicy.RETAIN);
    acknowledgeWildcard(role, '*', 'The role is for every API of the account, whatever its log group.');
    this.account = new CfnAccount(this, 'Account', { cloudWatchRoleArn: role.roleArn });
    this.account.applyRemovalPolicy(RemovalPolicy.RETAIN);
  }
}
