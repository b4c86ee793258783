import { expect, test } from '@jest/globals';
import { propertiesOf, type Statement, synthesize } from '../stacks/synthesize.ts';

const policy = propertiesOf(synthesize(), 'AWS::IAM::ManagedPolicy', 'OnCall') as {
  ManagedPolicyName: string;
  PolicyDocument: { Statement: (Statement & { Sid: string })[] };
};
const api = 'arn:<AWS::Partition>:execute-api:<AWS::Region>:<AWS::AccountId>:<Api>/*';

test('people on call may stop everything and read, and nothing else [A8] [D4]', () => {
  expect(policy.ManagedPolicyName).toBe('MusterOnCall-<AWS::Region>');
  const [stopAndRead, readLogs, seeAlarms, findTheStack, ...others] = policy.PolicyDocument.Statement;
  expect(others).toEqual([]);
  expect(stopAndRead).toEqual({
    Sid: 'StopAndRead',
    Effect: 'Allow',
    Action: 'execute-api:Invoke',
    Resource: [`${api}/GET/*`, `${api}/POST/stop-all`],
  });
  // A call that names the stack is checked against this, and not against the stack's own id.
  expect(findTheStack).toMatchObject({
    Action: 'cloudformation:DescribeStacks',
    Resource: 'arn:<AWS::Partition>:cloudformation:<AWS::Region>:<AWS::AccountId>:stack/Muster/*',
  });
  expect(readLogs).toMatchObject({ Action: ['logs:FilterLogEvents', 'logs:GetLogEvents'] });
  expect(JSON.stringify(readLogs?.Resource)).not.toContain('"*"');
  expect(seeAlarms).toEqual({
    Sid: 'SeeAlarms',
    Effect: 'Allow',
    Action: 'cloudwatch:DescribeAlarms',
    Resource: '*',
  });
});
