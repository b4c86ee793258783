import { Aws } from 'aws-cdk-lib';
import { CfnBudget, CfnBudgetsAction } from 'aws-cdk-lib/aws-budgets';
import { Effect, ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { acknowledgeWildcard } from './acknowledge.ts';
import type { ControlFunction } from './control-function.ts';

export interface AccountBudgetProps {
  /** What the whole account may cost in a month, in USD. */
  readonly usdPerMonth: number;
  /** Starts workers; once the budget is used up it may not. */
  readonly dispatcher: ControlFunction;
  /** Hears of it. */
  readonly topic: ITopic;
}

/**
 * A budget of the account. When it is used up, AWS itself denies the dispatcher to start workers, until somebody
 * takes that back in the console. AWS reckons costs some hours late: it is the last brake, not the first.
 */
export class AccountBudget extends Construct {
  constructor(scope: Construct, id: string, props: AccountBudgetProps) {
    super(scope, id);
    const { usdPerMonth, dispatcher, topic } = props;
    const budget = new CfnBudget(this, 'Budget', {
      budget: {
        budgetName: `Muster-${Aws.REGION}`,
        budgetType: 'COST',
        timeUnit: 'MONTHLY',
        budgetLimit: { amount: usdPerMonth, unit: 'USD' },
      },
    });
    const denied = new ManagedPolicy(this, 'NoWorkers', {
      description: 'Muster: no worker is started, because the budget of the account is used up',
      statements: [
        new PolicyStatement({
          effect: Effect.DENY,
          actions: ['ecs:RunTask', 'lambda:InvokeFunction'],
          resources: ['*'],
        }),
      ],
    });
    acknowledgeWildcard(denied, '*', 'A Deny: it takes rights away from one role, on everything.');
    new CfnBudgetsAction(this, 'Stop', {
      budgetName: budget.ref,
      actionType: 'APPLY_IAM_POLICY',
      actionThreshold: { type: 'PERCENTAGE', value: 100 },
      notificationType: 'ACTUAL',
      approvalModel: 'AUTOMATIC',
      executionRoleArn: attacher(this, denied, dispatcher.executionRole).roleArn,
      definition: {
        iamActionDefinition: {
          policyArn: denied.managedPolicyArn,
          roles: [dispatcher.executionRole.roleName],
        },
      },
      subscribers: [{ type: 'SNS', address: topic.topicArn }],
    });
    topic.addToResourcePolicy(mayPublish(topic));
  }
}

/** May do nothing but put this one policy on this one role, or take it off. */
function attacher(scope: Construct, policy: ManagedPolicy, target: Role): Role {
  const role = new Role(scope, 'Role', {
    assumedBy: new ServicePrincipal('budgets.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
    }),
    description: 'Muster: stops workers when the budget of the account is used up',
  });
  role.addToPolicy(
    new PolicyStatement({
      actions: ['iam:AttachRolePolicy', 'iam:DetachRolePolicy'],
      resources: [target.roleArn],
      conditions: { ArnEquals: { 'iam:PolicyARN': policy.managedPolicyArn } },
    }),
  );
  return role;
}

function mayPublish(topic: ITopic): PolicyStatement {
  return new PolicyStatement({
    sid: 'BudgetMayPublish',
    actions: ['sns:Publish'],
    principals: [new ServicePrincipal('budgets.amazonaws.com')],
    resources: [topic.topicArn],
    conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
  });
}
