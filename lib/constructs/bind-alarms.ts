import { ArnFormat, Stack } from 'aws-cdk-lib';
import type { ControlFunction } from './control-function.ts';

/** Looking at alarms, whichever people name: which ones there will be, nobody knows when this is deployed. */
export function bindAlarms(fn: ControlFunction): void {
  const arn = Stack.of(fn).formatArn({
    ...{ service: 'cloudwatch', resource: 'alarm', resourceName: '*' },
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  fn.allow(['cloudwatch:DescribeAlarms'], [arn]);
  fn.acknowledgeWildcard(
    'arn:<AWS::Partition>:cloudwatch:<AWS::Region>:<AWS::AccountId>:alarm:*',
    'People name the alarms that runs watch after this was deployed.',
  );
}

/** Reading the bill, which is one for the whole account. */
export function bindSpending(fn: ControlFunction): void {
  fn.allow(['ce:GetCostAndUsage'], ['*']);
  fn.acknowledgeWildcard('*', 'Cost Explorer knows no resources: who may read the bill may read all of it.');
}
