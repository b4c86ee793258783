import { describe, expect, test } from '@jest/globals';
import { prodSettings, propertiesOf, resourcesOf, statementsOf, synthesize } from '../stacks/synthesize.ts';

const closed = synthesize();
const open = synthesize({ exec: true });
const prod = synthesize({ ...prodSettings, exec: true });
const here = '<AWS::Region>:<AWS::AccountId>';
const worker = 'WorkerRolesTask';

function dispatcher(template: typeof open): unknown {
  return propertiesOf(template, 'AWS::Lambda::Function', 'FunctionsDispatcher').Environment;
}

describe('looking into a worker', () => {
  test('is closed unless settings open it: no channel, no policy, no audit log [A10] [D4]', () => {
    expect(JSON.stringify(statementsOf(closed))).not.toContain('ssmmessages');
    expect(propertiesOf(closed, 'AWS::ECS::Cluster').Configuration).toBeUndefined();
    expect(resourcesOf(closed, 'AWS::IAM::ManagedPolicy').map(([id]) => id)).toEqual([
      expect.stringMatching(/^OnCall/),
    ]);
    expect(resourcesOf(closed, 'AWS::Logs::LogGroup').filter(([id]) => id.includes('Shell'))).toEqual([]);
    expect(dispatcher(closed)).toMatchObject({ Variables: { EXEC: 'false' } });
  });

  test('adds to the worker’s role what ECS Exec needs, and nothing else [A10] [D4]', () => {
    const added = statementsOf(open, worker).slice(statementsOf(closed, worker).length);
    expect(added).toEqual([
      {
        Effect: 'Allow',
        Action: [
          'logs:DescribeLogGroups',
          'ssmmessages:CreateControlChannel',
          'ssmmessages:CreateDataChannel',
          'ssmmessages:OpenControlChannel',
          'ssmmessages:OpenDataChannel',
        ],
        Resource: '*',
      },
      {
        Effect: 'Allow',
        Action: ['logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'],
        Resource: '<WorkerShellLogsGroup.Arn>',
      },
    ]);
    expect(dispatcher(open)).toMatchObject({ Variables: { EXEC: 'true' } });
  });

  test('is written down in a log group of its own, in prod under the customer’s key [A10] [D4]', () => {
    expect(propertiesOf(open, 'AWS::ECS::Cluster').Configuration).toEqual({
      ExecuteCommandConfiguration: {
        Logging: 'OVERRIDE',
        LogConfiguration: {
          CloudWatchLogGroupName: '<WorkerShellLogsGroup>',
          CloudWatchEncryptionEnabled: false,
        },
      },
    });
    expect(propertiesOf(prod, 'AWS::ECS::Cluster').Configuration).toMatchObject({
      ExecuteCommandConfiguration: {
        KmsKeyId: '<CustomerKey.Arn>',
        LogConfiguration: { CloudWatchEncryptionEnabled: true },
      },
    });
    expect(statementsOf(prod, worker)).toContainEqual({
      Effect: 'Allow',
      Action: 'kms:Decrypt',
      Resource: '<CustomerKey.Arn>',
    });
  });

  test('is for those who have the policy MusterShell, in this cluster’s workers alone [A10] [D4]', () => {
    const policy = propertiesOf(open, 'AWS::IAM::ManagedPolicy', 'LookInside');
    expect(policy.ManagedPolicyName).toBe('MusterShell-<AWS::Region>');
    const tasks = `arn:<AWS::Partition>:ecs:${here}:task/<WorkerCluster>/*`;
    const { Statement } = policy.PolicyDocument as { Statement: unknown[] };
    expect(Statement).toEqual([
      {
        Sid: 'OpenShells',
        Effect: 'Allow',
        Action: 'ecs:ExecuteCommand',
        Resource: ['<WorkerCluster.Arn>', tasks],
        Condition: { StringEquals: { 'ecs:container-name': 'worker' } },
      },
      { Sid: 'FindTasks', Effect: 'Allow', Action: 'ecs:DescribeTasks', Resource: tasks },
      {
        Sid: 'FindJobs',
        Effect: 'Allow',
        Action: 'execute-api:Invoke',
        Resource: `arn:<AWS::Partition>:execute-api:${here}:<Api>/*/GET/jobs/*`,
      },
      {
        Sid: 'FindTheStack',
        Effect: 'Allow',
        Action: 'cloudformation:DescribeStacks',
        Resource: `arn:<AWS::Partition>:cloudformation:${here}:stack/Muster/*`,
      },
    ]);
    const inProd = propertiesOf(prod, 'AWS::IAM::ManagedPolicy', 'LookInside').PolicyDocument;
    expect((inProd as { Statement: unknown[] }).Statement).toContainEqual({
      Sid: 'EncryptSessions',
      Effect: 'Allow',
      Action: 'kms:GenerateDataKey',
      Resource: '<CustomerKey.Arn>',
    });
  });
});
