import { ArnFormat, Stack } from 'aws-cdk-lib';
import type { Topic } from 'aws-cdk-lib/aws-sns';
import { cycleMachineName } from '#contracts/cycle-definition.ts';
import type { ControlFunction } from './control-function.ts';

/** By its fixed name: the machine's own functions refer to it, and it to them, without a circle. */
function machineArn(fn: ControlFunction, resource: 'stateMachine' | 'execution', name: string): string {
  const place = { service: 'states', arnFormat: ArnFormat.COLON_RESOURCE_NAME };
  return Stack.of(fn).formatArn({ ...place, resource, resourceName: name });
}

/** Telling a waiting state that what it waits for has ended. */
export function bindTaskTokens(fn: ControlFunction): void {
  const arn = machineArn(fn, 'stateMachine', cycleMachineName);
  fn.give('CYCLE_MACHINE_ARN', arn);
  fn.allow(['states:SendTaskSuccess'], [arn]);
}

/** Starting executions of cycles. */
export function bindCycleStarts(fn: ControlFunction): void {
  fn.allow(['states:StartExecution'], [machineArn(fn, 'stateMachine', cycleMachineName)]);
}

/** Finding out what became of executions. */
export function bindCycleChecks(fn: ControlFunction): void {
  const resource = `${cycleMachineName}:*`;
  fn.allow(['states:DescribeExecution'], [machineArn(fn, 'execution', resource)]);
  fn.acknowledgeWildcard(
    `arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:${resource}`,
    'Executions of one machine get their names when they start.',
  );
}

/** Telling people that they have to decide. */
export function bindAnnouncements(fn: ControlFunction, topic: Topic): void {
  fn.give('APPROVALS_TOPIC_ARN', topic.topicArn);
  fn.allow(['sns:Publish'], [topic.topicArn]);
}
