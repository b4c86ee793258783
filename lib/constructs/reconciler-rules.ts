import { Duration } from 'aws-cdk-lib';
import type { ICluster } from 'aws-cdk-lib/aws-ecs';
import { Rule, RuleTargetInput, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';

export interface ReconcilerRulesProps {
  readonly reconciler: IFunction;
  /** Whose stopped tasks the reconciler hears of at once. */
  readonly cluster: ICluster;
}

/**
 * When the reconciler runs. Neither rule has a dead-letter queue: a lost tick is made up for by the next one, and
 * a lost ECS event by the lease that runs out. That the ticks stop altogether is an alarm of its own.
 */
export class ReconcilerRules extends Construct {
  constructor(scope: Construct, id: string, props: ReconcilerRulesProps) {
    super(scope, id);
    const { reconciler, cluster } = props;
    new Rule(this, 'EveryMinute', {
      description: 'Muster looks for work that was left undone',
      schedule: Schedule.rate(Duration.minutes(1)),
      targets: [
        new LambdaFunction(reconciler, {
          event: RuleTargetInput.fromObject({}),
          retryAttempts: 0,
          maxEventAge: Duration.minutes(1),
        }),
      ],
    });
    new Rule(this, 'TaskStopped', {
      description: 'Muster hears of a worker that has stopped',
      eventPattern: {
        source: ['aws.ecs'],
        detailType: ['ECS Task State Change'],
        detail: { clusterArn: [cluster.clusterArn], lastStatus: ['STOPPED'] },
      },
      targets: [new LambdaFunction(reconciler, { retryAttempts: 3, maxEventAge: Duration.minutes(5) })],
    });
  }
}
