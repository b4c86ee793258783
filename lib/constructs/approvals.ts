import { Aws } from 'aws-cdk-lib';
import { AccountRootPrincipal, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import type { Settings } from '#contracts/settings.ts';
import { customerKey } from './customer-key.ts';

export interface ApprovalsProps {
  readonly settings: Settings;
}

/** Where people hear that something waits for them. */
export class Approvals extends Construct {
  readonly topic: Topic;

  constructor(scope: Construct, id: string, props: ApprovalsProps) {
    super(scope, id);
    this.topic = new Topic(this, 'Topic', {
      displayName: 'Muster: your decision',
      enforceSSL: true,
      masterKey: customerKey(this, props.settings),
    });
    // A policy of its own replaces the one by which the topic's account may publish.
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'OwnAccountMayPublish',
        actions: ['sns:Publish'],
        principals: [new AccountRootPrincipal()],
        resources: [this.topic.topicArn],
        conditions: { StringEquals: { 'aws:PrincipalAccount': Aws.ACCOUNT_ID } },
      }),
    );
    const { approvalEmail } = props.settings;
    if (approvalEmail) this.topic.addSubscription(new EmailSubscription(approvalEmail));
  }
}
