import { Aws, Stack } from 'aws-cdk-lib';
import { ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { Settings } from '#contracts/settings.ts';
import { acknowledgeWildcard, logicalId } from './acknowledge.ts';
import { customerKey } from './customer-key.ts';
import { findTheStack } from './find-the-stack.ts';
import type { HttpApi } from './http-api.ts';
import type { Worker } from './worker.ts';

export interface LookInsideProps {
  readonly settings: Settings;
  readonly api: HttpApi;
  readonly worker: Worker;
}

/**
 * The policy `MusterShell-<region>`: whoever has it may open a shell in the workers of this cluster, and in nothing
 * else. Such a shell is root in the container: it goes to few.
 */
export class LookInside extends Construct {
  constructor(scope: Construct, id: string, props: LookInsideProps) {
    super(scope, id);
    const { api, worker } = props;
    const { cluster, containerName } = worker;
    const tasks = Stack.of(this).formatArn({
      service: 'ecs',
      resource: 'task',
      resourceName: `${cluster.clusterName}/*`,
    });
    const policy = new ManagedPolicy(this, 'Policy', {
      managedPolicyName: `MusterShell-${Aws.REGION}`,
      description: 'Muster: open a shell in a running worker',
      statements: [
        new PolicyStatement({
          sid: 'OpenShells',
          actions: ['ecs:ExecuteCommand'],
          resources: [cluster.clusterArn, tasks],
          conditions: { StringEquals: { 'ecs:container-name': containerName } },
        }),
        new PolicyStatement({ sid: 'FindTasks', actions: ['ecs:DescribeTasks'], resources: [tasks] }),
        new PolicyStatement({
          sid: 'FindJobs',
          actions: ['execute-api:Invoke'],
          resources: [api.callArn('GET', '/jobs/*')],
        }),
        ...keyUseOf(this, props.settings),
      ],
    });
    findTheStack(policy);
    acknowledgeWildcard(policy, api.callPattern('GET', '/jobs/*'), 'Reading: any job that access allows.');
    acknowledgeWildcard(
      policy,
      `arn:<AWS::Partition>:ecs:<AWS::Region>:<AWS::AccountId>:task/<${logicalId(cluster)}>/*`,
      'Tasks get their ids when they start; the cluster holds workers alone.',
    );
  }
}

/** The session between terminal and worker is encrypted by it. */
function keyUseOf(scope: Construct, settings: Settings): PolicyStatement[] {
  const key = customerKey(scope, settings);
  if (!key) return [];
  const actions = ['kms:GenerateDataKey'];
  return [new PolicyStatement({ sid: 'EncryptSessions', actions, resources: [key.keyArn] })];
}
