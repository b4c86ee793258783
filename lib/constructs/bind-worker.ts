import { Stack } from 'aws-cdk-lib';
import { logicalId } from './acknowledge.ts';
import type { ControlFunction } from './control-function.ts';
import type { FunctionWorker } from './function-worker.ts';
import type { Network } from './network.ts';
import type { Worker } from './worker.ts';

/** ARN, and the same as cdk-nag prints it. */
function ecsPattern(worker: Worker, resource: string, name: string): { arn: string; printed: string } {
  const arn = Stack.of(worker).formatArn({ service: 'ecs', resource, resourceName: name });
  const printed = `arn:<AWS::Partition>:ecs:<AWS::Region>:<AWS::AccountId>:${resource}/`;
  return { arn, printed };
}

function inCluster(worker: Worker) {
  return { ArnEquals: { 'ecs:cluster': worker.cluster.clusterArn } };
}

/** Starting workers: the right to run this one task definition in this one cluster, with its two roles. */
export function bindWorkerStarts(fn: ControlFunction, worker: Worker, network: Network): void {
  const { cluster, taskDefinition } = worker;
  fn.give('CLUSTER_ARN', cluster.clusterArn);
  fn.give('TASK_DEFINITION_ARN', taskDefinition.taskDefinitionArn);
  fn.give('CONTAINER_NAME', worker.containerName);
  fn.give('SUBNET_IDS', network.vpc.selectSubnets(network.subnets).subnetIds.join(','));
  fn.give('SECURITY_GROUP_IDS', network.workers.securityGroupId);
  fn.give('ASSIGN_PUBLIC_IP', network.assignPublicIp ? 'ENABLED' : 'DISABLED');

  // Any revision: during a deployment the function still names the one before, while its policy is new already.
  const { arn, printed } = ecsPattern(worker, 'task-definition', `${taskDefinition.family}:*`);
  fn.allow(['ecs:RunTask'], [arn], inCluster(worker));
  fn.acknowledgeWildcard(`${printed}${taskDefinition.family}:*`, 'Revisions of one family.');
  fn.allow(['iam:PassRole'], [worker.roles.task.roleArn, worker.roles.execution.roleArn], {
    StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' },
  });
}

/** Stopping workers of the cluster. */
export function bindWorkerStops(fn: ControlFunction, worker: Worker): void {
  fn.give('CLUSTER_ARN', worker.cluster.clusterArn);
  allowTasks(fn, worker, ['ecs:StopTask']);
}

/** Finding out what became of workers, and stopping them. */
export function bindWorkerChecks(fn: ControlFunction, worker: Worker): void {
  fn.give('CLUSTER_ARN', worker.cluster.clusterArn);
  allowTasks(fn, worker, ['ecs:StopTask', 'ecs:DescribeTasks']);
  // ListTasks takes no task as its resource; the condition is what confines it.
  fn.allow(['ecs:ListTasks'], ['*'], inCluster(worker));
  fn.acknowledgeWildcard('*', 'ecs:ListTasks knows no resource; a condition confines it to the cluster.');
}

function allowTasks(fn: ControlFunction, worker: Worker, actions: string[]): void {
  const { arn, printed } = ecsPattern(worker, 'task', `${worker.cluster.clusterName}/*`);
  fn.allow(actions, [arn]);
  fn.acknowledgeWildcard(
    `${printed}<${logicalId(worker.cluster)}>/*`,
    'Tasks get their ids when they start; the cluster holds workers alone.',
  );
}

/** Starting workers of the function lane: calling this one function. */
export function bindFunctionStarts(fn: ControlFunction, worker: FunctionWorker): void {
  fn.give('FUNCTION_WORKER_ARN', worker.function.functionArn);
  fn.allow(['lambda:InvokeFunction'], [worker.function.functionArn]);
}

/** By these ARNs a function knows calls of workers, and refuses them where people are meant. */
export function giveWorkerRoles(fn: ControlFunction, worker: Worker, functionWorker: FunctionWorker): void {
  fn.give('WORKER_ROLE_ARN', worker.roles.task.roleArn);
  fn.give('FUNCTION_WORKER_ROLE_ARN', functionWorker.role.roleArn);
}
