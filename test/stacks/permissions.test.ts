import { describe, expect, test } from '@jest/globals';
import {
  prodSettings,
  propertiesOf,
  resourcesOf,
  type Statement,
  statementsOf,
  synthesize,
} from './synthesize.ts';

const dev = synthesize();
const prod = synthesize(prodSettings);
const here = '<AWS::Region>:<AWS::AccountId>';
const tasks = `arn:<AWS::Partition>:ecs:${here}:task/<WorkerCluster>/*`;
const inCluster = { ArnEquals: { 'ecs:cluster': '<WorkerCluster.Arn>' } };
const rowActions = ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:PutItem'];

function allow(Action: string | string[], Resource: string | string[], Condition?: object): Statement {
  return { Action, Effect: 'Allow', Resource, ...(Condition && { Condition }) };
}

function logs(group: string): Statement {
  return allow(['logs:CreateLogStream', 'logs:PutLogEvents'], `<${group}.Arn>`);
}

const objects = [
  allow(['s3:GetObject', 's3:PutObject'], '<DataBucket.Arn>/projects/*'),
  allow('s3:ListBucket', '<DataBucket.Arn>', { StringLikeIfExists: { 's3:prefix': ['projects/*'] } }),
];
const workspaces = allow(
  ['s3:DeleteObject', 's3:GetObject', 's3:PutObject'],
  '<DataBucket.Arn>/workspaces/*',
);
const machine = `arn:<AWS::Partition>:states:${here}:stateMachine:muster-cycle`;
const announce = allow('sns:Publish', '<ApprovalsTopic>');
const send = allow('sqs:SendMessage', '<JobsQueue.Arn>');
const deliver = allow('lambda:InvokeFunction', '<FunctionsWebhooks.Arn>');
const handOn = allow('lambda:InvokeFunction', ['<FunctionsSchedules.Arn>', '<FunctionsWebhooks.Arn>']);

function ofItems(...kinds: string[]) {
  return { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': kinds.map((kind) => `${kind}#*`) } };
}
const push = allow(
  'execute-api:ManageConnections',
  `arn:<AWS::Partition>:execute-api:${here}:<StreamApi>/stream/POST/@connections/*`,
);
const watchers = [push, allow('dynamodb:DeleteItem', '<DataTable.Arn>', ofItems('WATCH'))];

describe('a role', () => {
  test('of the orchestrator reads and writes rows and objects, wakes the dispatcher, looks at workers and stops them [D4]', () => {
    expect(statementsOf(dev, 'FunctionsOrchestratorRole')).toEqual([
      logs('FunctionsOrchestratorLogsGroup'),
      allow([...rowActions, 'dynamodb:Query', 'dynamodb:UpdateItem'], '<DataTable.Arn>'),
      allow('dynamodb:Query', '<DataTable.Arn>/index/listed'),
      ...objects,
      send,
      allow(['ecs:DescribeTasks', 'ecs:StopTask'], tasks),
      allow('ecs:ListTasks', '*', inCluster),
    ]);
  });

  test('of the worker API alone may read the provider keys, and lend the role that calls models [A5] [D4]', () => {
    expect(statementsOf(dev, 'FunctionsWorkerApiRole')).toEqual([
      logs('FunctionsWorkerApiLogsGroup'),
      allow([...rowActions, 'dynamodb:Query', 'dynamodb:UpdateItem'], '<DataTable.Arn>'),
      allow(
        ['s3:GetObject', 's3:PutObject'],
        ['<DataBucket.Arn>/projects/*', '<DataBucket.Arn>/responses/*'],
      ),
      ...objects.slice(1),
      workspaces,
      send,
      allow('secretsmanager:GetSecretValue', '<ProviderKeysSecret>'),
      allow('states:SendTaskSuccess', machine),
      deliver,
      ...watchers,
      allow('sts:AssumeRole', '<ModelAccessRole.Arn>'),
    ]);
    const readers = resourcesOf(dev, 'AWS::IAM::Policy').filter(([, policy]) =>
      JSON.stringify(policy).includes(
        '"secretsmanager:GetSecretValue","Effect":"Allow","Resource":"<ProviderKeysSecret>"',
      ),
    );
    expect(readers.map(([id]) => id)).toEqual([expect.stringMatching(/^FunctionsWorkerApiRole/)]);
  });

  test('that calls models calls Claude, on Bedrock and on the platform, and nothing else [A5] [D4]', () => {
    expect(statementsOf(dev, 'ModelAccessRole')).toEqual([
      allow(
        ['bedrock:InvokeModel', 'bedrock:InvokeModelWithResponseStream'],
        [
          `arn:<AWS::Partition>:bedrock:${here}:inference-profile/*.anthropic.*`,
          'arn:<AWS::Partition>:bedrock:*::foundation-model/anthropic.*',
        ],
      ),
      allow('bedrock-mantle:CreateInference', `arn:<AWS::Partition>:bedrock-mantle:${here}:*`),
      allow(
        'aws-external-anthropic:CreateInference',
        `arn:<AWS::Partition>:aws-external-anthropic:${here}:workspace/*`,
      ),
    ]);
  });

  test('that calls models is lent by the worker API and to nobody else [A5] [D4]', () => {
    const { AssumeRolePolicyDocument } = propertiesOf(dev, 'AWS::IAM::Role', 'ModelAccessRole');
    expect(AssumeRolePolicyDocument).toMatchObject({
      Statement: [
        {
          Action: 'sts:AssumeRole',
          Effect: 'Allow',
          Principal: { AWS: '<FunctionsWorkerApiRole.Arn>' },
        },
      ],
    });
    const borrowers = resourcesOf(dev, 'AWS::IAM::Policy').filter(([, policy]) =>
      JSON.stringify(policy).includes('sts:AssumeRole'),
    );
    expect(borrowers.map(([id]) => id)).toEqual([expect.stringMatching(/^FunctionsWorkerApiRole/)]);
  });

  test('of the dispatcher runs one task definition in one cluster, with its two roles, and calls one function [D4]', () => {
    expect(statementsOf(dev, 'FunctionsDispatcherRole')).toEqual([
      logs('FunctionsDispatcherLogsGroup'),
      allow([...rowActions, 'dynamodb:UpdateItem'], '<DataTable.Arn>'),
      allow('dynamodb:Query', '<DataTable.Arn>/index/queued'),
      allow(
        [
          'sqs:ChangeMessageVisibility',
          'sqs:DeleteMessage',
          'sqs:GetQueueAttributes',
          'sqs:GetQueueUrl',
          'sqs:ReceiveMessage',
          'sqs:SendMessage',
        ],
        '<JobsQueue.Arn>',
      ),
      allow(
        'ecs:RunTask',
        `arn:<AWS::Partition>:ecs:${here}:task-definition/MusterWorkerTask94C06BD9:*`,
        inCluster,
      ),
      allow('iam:PassRole', ['<WorkerRolesExecution.Arn>', '<WorkerRolesTask.Arn>'], {
        StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' },
      }),
      allow('lambda:InvokeFunction', '<FunctionWorker.Arn>'),
    ]);
  });

  test('of the reconciler looks at and stops workers of the cluster, and starts none [D4]', () => {
    expect(statementsOf(dev, 'FunctionsReconcilerRole')).toEqual([
      logs('FunctionsReconcilerLogsGroup'),
      allow([...rowActions, 'dynamodb:Query', 'dynamodb:UpdateItem'], '<DataTable.Arn>'),
      allow('dynamodb:Query', ['<DataTable.Arn>/index/due', '<DataTable.Arn>/index/queued']),
      ...objects,
      send,
      allow(['states:SendTaskSuccess', 'states:StartExecution'], machine),
      allow('states:DescribeExecution', `arn:<AWS::Partition>:states:${here}:execution:muster-cycle:*`),
      announce,
      allow(['ecs:DescribeTasks', 'ecs:StopTask'], tasks),
      allow('ecs:ListTasks', '*', inCluster),
      handOn,
      ...watchers,
    ]);
  });

  test('of the API for runs may see which providers have a key, and not the keys [A5] [D4]', () => {
    expect(statementsOf(dev, 'FunctionsRunsRole')).toEqual([
      logs('FunctionsRunsLogsGroup'),
      allow([...rowActions, 'dynamodb:Query', 'dynamodb:UpdateItem'], '<DataTable.Arn>'),
      allow('dynamodb:Query', '<DataTable.Arn>/index/listed'),
      ...objects,
      send,
      allow('ecs:StopTask', tasks),
      allow(['states:SendTaskSuccess', 'states:StartExecution'], machine),
      allow('secretsmanager:DescribeSecret', '<ProviderKeysSecret>'),
      ...watchers,
    ]);
  });

  test('of what starts schedules may do what starting and stopping runs and jobs needs, and sees no key [A5] [D4]', () => {
    expect(statementsOf(dev, 'FunctionsSchedulesRole')).toEqual([
      logs('FunctionsSchedulesLogsGroup'),
      allow([...rowActions, 'dynamodb:Query', 'dynamodb:UpdateItem'], '<DataTable.Arn>'),
      allow('dynamodb:Query', '<DataTable.Arn>/index/listed'),
      ...objects,
      send,
      allow('ecs:StopTask', tasks),
      allow(['states:SendTaskSuccess', 'states:StartExecution'], machine),
      allow('secretsmanager:DescribeSecret', '<ProviderKeysSecret>'),
      allow(
        'cloudwatch:DescribeAlarms',
        'arn:<AWS::Partition>:cloudwatch:<AWS::Region>:<AWS::AccountId>:alarm:*',
      ),
      allow('ce:GetCostAndUsage', '*'),
      ...watchers,
    ]);
  });

  test('of the steps of a cycle makes jobs, answers the machine and tells people [D4]', () => {
    expect(statementsOf(dev, 'FunctionsStepsRole')).toEqual([
      logs('FunctionsStepsLogsGroup'),
      allow([...rowActions, 'dynamodb:Query', 'dynamodb:UpdateItem'], '<DataTable.Arn>'),
      ...objects,
      send,
      allow(['states:SendTaskSuccess', 'states:StartExecution'], machine),
      announce,
      deliver,
      ...watchers,
    ]);
  });

  test('of the stream reads rows, and writes who is connected and what they watch, and nothing else [A10] [D4]', () => {
    expect(statementsOf(dev, 'FunctionsStreamRole')).toEqual([
      logs('FunctionsStreamLogsGroup'),
      allow(['dynamodb:GetItem', 'dynamodb:Query'], '<DataTable.Arn>'),
      push,
      allow(
        ['dynamodb:DeleteItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
        '<DataTable.Arn>',
        ofItems('CONNECTION', 'WATCH'),
      ),
    ]);
  });

  test('of what sends webhooks signs them, and reads neither objects nor the keys of providers [A9] [A5] [D4]', () => {
    expect(statementsOf(dev, 'FunctionsWebhooksRole')).toEqual([
      logs('FunctionsWebhooksLogsGroup'),
      allow(['dynamodb:GetItem', 'dynamodb:PutItem'], '<DataTable.Arn>'),
      allow('dynamodb:Query', '<DataTable.Arn>/index/listed'),
      allow('secretsmanager:GetSecretValue', '<WebhookSecret>'),
    ]);
    const readers = resourcesOf(dev, 'AWS::IAM::Policy').filter(([, policy]) =>
      JSON.stringify(policy).includes('<WebhookSecret>'),
    );
    expect(readers.map(([id]) => id)).toEqual([expect.stringMatching(/^FunctionsWebhooksRole/)]);
  });

  test('of the state machine calls the steps of a cycle, and nothing else [D4]', () => {
    expect(statementsOf(dev, 'CyclesRole')).toEqual([allow('lambda:InvokeFunction', '<FunctionsSteps.Arn>')]);
  });

  const calls = `arn:<AWS::Partition>:execute-api:${here}:<Api>/*/POST/worker/*`;
  const workerCalls = [
    allow('execute-api:Invoke', calls),
    { Action: 'execute-api:Invoke', Effect: 'Deny', NotResource: calls },
  ];

  test('of a worker calls the worker protocol and is denied every other API [A10] [D4]', () => {
    expect(statementsOf(dev, 'WorkerRolesTask')).toEqual(workerCalls);
  });

  test('of a worker in a function may do the same, and write its log [A10] [D4]', () => {
    expect(statementsOf(dev, 'FunctionWorkerFunctionRole')).toEqual([
      logs('FunctionWorkerFunctionLogsGroup'),
      ...workerCalls,
    ]);
  });

  test('that starts a worker pulls its image and writes its log, nothing else [D4]', () => {
    expect(statementsOf(dev, 'WorkerRolesExecution')).toEqual([
      allow(
        ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
        `arn:<AWS::Partition>:ecr:${here}:repository/cdk-hnb659fds-container-assets-\${AWS::AccountId}-\${AWS::Region}`,
      ),
      allow('ecr:GetAuthorizationToken', '*'),
      logs('WorkerLogsGroup'),
    ]);
  });
});

/** What Step Functions needs to write logs and traces: these actions know no resource. Source: its developer guide. */
const machineLogs = [
  'logs:CreateLogDelivery',
  'logs:DeleteLogDelivery',
  'logs:DescribeLogGroups',
  'logs:DescribeResourcePolicies',
  'logs:GetLogDelivery',
  'logs:ListLogDeliveries',
  'logs:PutResourcePolicy',
  'logs:UpdateLogDelivery',
  'xray:GetSamplingRules',
  'xray:GetSamplingTargets',
  'xray:PutTelemetryRecords',
  'xray:PutTraceSegments',
];

describe.each([
  ['dev', dev, []],
  ['prod', prod, machineLogs],
])('in %s', (_profile, template, further) => {
  const statements = statementsOf(template);

  test('no role has a wildcard among its actions, and none may scan a table [D4]', () => {
    const actions = statements.flatMap((statement) => statement.Action ?? []);
    expect(actions.filter((action) => action.includes('*') || action === 'dynamodb:Scan')).toEqual([]);
  });

  test('only what knows no resource is allowed on every resource [D4]', () => {
    const broad = statements.filter((statement) => [statement.Resource].flat().includes('*'));
    const actions = new Set(broad.flatMap((statement) => statement.Action));
    expect([...actions].sort()).toEqual([
      'ce:GetCostAndUsage',
      'ecr:GetAuthorizationToken',
      'ecs:ListTasks',
      ...further,
    ]);
  });

  test('no role takes a policy that AWS manages [D4]', () => {
    const managed = resourcesOf(template, 'AWS::IAM::Role').filter(
      ([, role]) => role.Properties.ManagedPolicyArns,
    );
    expect(managed).toEqual([]);
  });

  test('roles of tasks are lent to tasks of this account only [D4]', () => {
    const trusts = resourcesOf(template, 'AWS::IAM::Role')
      .map(([, role]) => role.Properties.AssumeRolePolicyDocument as { Statement: object[] })
      .map(({ Statement }) => Statement[0])
      .filter((statement) => JSON.stringify(statement).includes('ecs-tasks'));
    expect(trusts).toHaveLength(2);
    for (const trust of trusts) {
      expect(trust).toMatchObject({
        Condition: { StringEquals: { 'aws:SourceAccount': '<AWS::AccountId>' } },
      });
    }
  });
});
