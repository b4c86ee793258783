import { ArnFormat, Aws, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { AccountRootPrincipal, PolicyDocument, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { Settings } from '#contracts/settings.ts';

/**
 * The one key that everything of a deployment in `prod` is encrypted with. It outlives the stack whatever happens to
 * the data: log groups and secrets that stay could not be read without it.
 */
class CustomerKey extends Construct {
  readonly key: Key;

  constructor(scope: Construct, id: string, settings: Settings) {
    super(scope, id);
    this.key = new Key(this, 'Key', {
      description: 'Muster: table, buckets, queues, secrets, topics and logs',
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.RETAIN,
      policy: new PolicyDocument({ statements: keyStatements(this, settings) }),
    });
  }
}

const id = 'CustomerKey';

/**
 * The key of the stack that a construct is in: one for all, because each costs a dollar a month. Undefined in `dev`,
 * where AWS's own keys encrypt for nothing.
 */
export function customerKey(scope: Construct, settings: Settings): Key | undefined {
  if (settings.profile !== 'prod') return undefined;
  const stack = Stack.of(scope);
  const known = stack.node.tryFindChild(id) as CustomerKey | undefined;
  return (known ?? new CustomerKey(stack, id, settings)).key;
}

/** Whoever calls a service on their own account needs a right of their own besides: see `key-use.ts`. */
function keyStatements(scope: Construct, settings: Settings): PolicyStatement[] {
  const sameAccount = { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } };
  const publish = ['kms:Decrypt', 'kms:GenerateDataKey*'];
  return [
    // Without it nobody could change the policy, and no right in IAM would count.
    statement('AccountDecides', ['kms:*'], new AccountRootPrincipal()),
    statement(
      'LogGroupsOfThisAccount',
      ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey*', 'kms:ReEncrypt*'],
      new ServicePrincipal(`logs.${Aws.REGION}.amazonaws.com`),
      { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': logGroupsArn(scope) } },
    ),
    // An alarm publishes by itself: without this it would fire, and its message would be lost without a word.
    statement('AlarmsMayPublish', publish, new ServicePrincipal('cloudwatch.amazonaws.com'), sameAccount),
    ...(settings.accountBudgetUsd === undefined
      ? []
      : [statement('BudgetMayPublish', publish, new ServicePrincipal('budgets.amazonaws.com'), sameAccount)]),
  ];
}

function statement(
  sid: string,
  actions: string[],
  principal: AccountRootPrincipal | ServicePrincipal,
  conditions?: Record<string, Record<string, string>>,
): PolicyStatement {
  const given = { sid, actions, principals: [principal], resources: ['*'] };
  return new PolicyStatement({ ...given, ...(conditions && { conditions }) });
}

function logGroupsArn(scope: Construct): string {
  return Stack.of(scope).formatArn({
    service: 'logs',
    resource: 'log-group',
    resourceName: '*',
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
}
