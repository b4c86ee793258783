import { ArnPrincipal, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import { Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { acknowledgeWildcard } from './acknowledge.ts';
import type { ControlFunction } from './control-function.ts';

export interface ModelAccessProps {
  /** The one that may assume the role, to hand its credentials on to workers. */
  readonly lender: ControlFunction;
}

/** What Claude is called with on Bedrock and on Claude Platform on AWS: a role for that and nothing else. */
export class ModelAccess extends Construct {
  readonly role: Role;

  constructor(scope: Construct, id: string, props: ModelAccessProps) {
    super(scope, id);
    const { lender } = props;
    this.role = new Role(this, 'Role', {
      description: 'Calls Claude; workers get its credentials for an hour at most',
      assumedBy: new ArnPrincipal(lender.executionRole.roleArn),
    });
    this.#allowBedrock();
    this.#allowMantle();
    this.#allowPlatform();
    lender.give('MODEL_ROLE_ARN', this.role.roleArn);
    lender.give('MODEL_REGION', Stack.of(this).region);
    lender.allow(['sts:AssumeRole'], [this.role.roleArn]);
  }

  /**
   * An inference profile also calls the model itself, in any of its regions. The Messages-shaped endpoint, which is
   * the one that is called, wants a right of its own besides, whose resources are not models:
   * https://docs.aws.amazon.com/bedrock/latest/userguide/inference.html
   */
  #allowBedrock(): void {
    this.#allow(
      ['bedrock:InvokeModel', 'bedrock:InvokeModelWithResponseStream'],
      [
        ['bedrock:*::foundation-model/anthropic.*', 'bedrock:*::foundation-model/anthropic.*'],
        [
          this.#here('bedrock', 'inference-profile/*.anthropic.*'),
          'bedrock:<AWS::Region>:<AWS::AccountId>:inference-profile/*.anthropic.*',
        ],
      ],
    );
  }

  #allowMantle(): void {
    this.#allow(
      ['bedrock-mantle:CreateInference'],
      [[this.#here('bedrock-mantle', '*'), 'bedrock-mantle:<AWS::Region>:<AWS::AccountId>:*']],
    );
  }

  /** https://docs.aws.amazon.com/claude-platform/latest/userguide/iam-policies.html */
  #allowPlatform(): void {
    this.#allow(
      ['aws-external-anthropic:CreateInference'],
      [
        [
          this.#here('aws-external-anthropic', 'workspace/*'),
          'aws-external-anthropic:<AWS::Region>:<AWS::AccountId>:workspace/*',
        ],
      ],
    );
  }

  #here(service: string, resource: string): string {
    const { region, account } = Stack.of(this);
    return `${service}:${region}:${account}:${resource}`;
  }

  /** @param resources Each as an ARN without its partition, and the same as cdk-nag prints it. */
  #allow(actions: string[], resources: readonly (readonly [string, string])[]): void {
    const { partition } = Stack.of(this);
    this.role.addToPolicy(
      new PolicyStatement({ actions, resources: resources.map(([arn]) => `arn:${partition}:${arn}`) }),
    );
    for (const [, printed] of resources)
      acknowledgeWildcard(
        this.role,
        `arn:<AWS::Partition>:${printed}`,
        'All Claude models, or all workspaces of this account: which one, a job says.',
      );
  }
}
