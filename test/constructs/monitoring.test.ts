import { describe, expect, test } from '@jest/globals';
import { metrics } from '#contracts/metric-names.ts';
import { alarmRows } from '../../lib/constructs/alarms.ts';
import { readSettings } from '../../lib/stacks/read-settings.ts';
import { prodSettings, propertiesOf, resourcesOf, statementsOf, synthesize } from '../stacks/synthesize.ts';

const dev = synthesize();
const alarms = resourcesOf(dev, 'AWS::CloudWatch::Alarm').map(([, alarm]) => alarm.Properties);
const rows = alarmRows(readSettings({}));
const prod = synthesize(prodSettings);

function alarm(id: string): Record<string, unknown> {
  return propertiesOf(dev, 'AWS::CloudWatch::Alarm', `Monitoring${id}`);
}

describe('alarms', () => {
  test('are ten in dev, which cost nothing, by these names [A10]', () => {
    const names = alarms.map(({ AlarmName }) => AlarmName).toSorted();
    expect(names).toEqual([
      'Muster-ApprovalExpiring',
      'Muster-CallsDenied',
      'Muster-DeadLetters',
      'Muster-ExecutionsFailed',
      'Muster-JobsFailing',
      'Muster-QueueStuck',
      'Muster-ReconcilerSilent',
      'Muster-SpendingFast',
      'Muster-StartFailures',
      'Muster-WorkersDying',
    ]);
  });

  test('are six more in prod [A10] [D6]', () => {
    const names = resourcesOf(prod, 'AWS::CloudWatch::Alarm').map(
      ([, { Properties }]) => Properties.AlarmName,
    );
    expect(names).toHaveLength(16);
    expect(names.slice(10)).toEqual([
      'Muster-ServerErrors',
      'Muster-ExecutionsTimedOut',
      'Muster-AgentsSlow',
      'Muster-MeetingSilent',
      'Muster-HandoffStalled',
      'Muster-TicksMissed',
    ]);
  });

  test('have the thresholds of their table', () => {
    const wanted = rows.map(({ id, threshold }) => [`Muster-${id}`, threshold]);
    expect(alarms.map(({ AlarmName, Threshold }) => [AlarmName, Threshold])).toEqual(wanted);
  });

  test('watch metrics that Muster emits, under the one service name [A10]', () => {
    const own = alarms.filter((properties) => properties.Namespace === 'Muster');
    expect(own).toHaveLength(8);
    for (const { MetricName, Dimensions } of own) {
      expect(Object.keys(metrics)).toContain(MetricName);
      expect(Dimensions).toEqual([{ Name: 'service', Value: 'muster' }]);
    }
  });

  test('watch the dead letters, and cycles that failed', () => {
    expect(alarm('DeadLetters')).toMatchObject({
      Namespace: 'AWS/SQS',
      MetricName: 'ApproximateNumberOfMessagesVisible',
      Dimensions: [{ Name: 'QueueName', Value: '<JobsDeadLetters.QueueName>' }],
    });
    expect(alarm('ExecutionsFailed')).toMatchObject({
      Namespace: 'AWS/States',
      MetricName: 'ExecutionsFailed',
      Dimensions: [{ Name: 'StateMachineArn', Value: '<CyclesMachine>' }],
    });
  });

  test('watch in prod the API’s own faults, and cycles that ran out of time', () => {
    expect(propertiesOf(prod, 'AWS::CloudWatch::Alarm', 'MonitoringServerErrors')).toMatchObject({
      Namespace: 'AWS/ApiGateway',
      MetricName: '5xx',
      Dimensions: [{ Name: 'ApiId', Value: '<Api>' }],
    });
    expect(propertiesOf(prod, 'AWS::CloudWatch::Alarm', 'MonitoringExecutionsTimedOut')).toMatchObject({
      Namespace: 'AWS/States',
      MetricName: 'ExecutionsTimedOut',
    });
  });

  test('take agents for slow that are beyond what CloudWatch has learnt [D6]', () => {
    const { Metrics, ThresholdMetricId, ComparisonOperator } = propertiesOf(
      prod,
      'AWS::CloudWatch::Alarm',
      'MonitoringAgentsSlow',
    ) as {
      Metrics: { Id: string; Expression?: string }[];
      ThresholdMetricId: string;
      ComparisonOperator: string;
    };
    expect(ComparisonOperator).toBe('GreaterThanUpperThreshold');
    expect(Metrics.find(({ Id }) => Id === ThresholdMetricId)?.Expression).toMatch(
      /^ANOMALY_DETECTION_BAND\(.+, 3\)$/,
    );
  });

  test('take the reconciler’s silence for bad news, and any other silence for good', () => {
    const breaching = rows.filter((row) => row.whenMissing === 'bad').map((row) => row.id);
    expect(breaching).toEqual(['ReconcilerSilent']);
    expect(alarm('ReconcilerSilent')).toMatchObject({
      TreatMissingData: 'breaching',
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 1,
      Period: 300,
      Statistic: 'Sum',
    });
    expect(alarm('JobsFailing').TreatMissingData).toBe('notBreaching');
  });

  test('say what has happened, what it means, what to type, and where to read on [A10]', () => {
    expect(alarm('SpendingFast').AlarmDescription).toBe(
      [
        "WARNING: Models cost a tenth of a project's monthly budget within one hour. At this rate the month is used up before the day is over; then jobs are refused.",
        'First: npx muster usage --by job',
        'Then: docs/runbooks/spending-fast.md',
      ].join('\n'),
    );
  });

  test('tell the topic when they begin and when they end [A10]', () => {
    for (const { AlarmActions, OKActions } of alarms) {
      expect([AlarmActions, OKActions]).toEqual([['<MonitoringTopic>'], ['<MonitoringTopic>']]);
    }
  });

  test('ring at a tenth of the month’s budget within an hour [D6]', () => {
    const { Threshold, Period } = propertiesOf(
      synthesize({ projectMonthBudgetUsd: 40 }),
      'AWS::CloudWatch::Alarm',
      'MonitoringSpendingFast',
    );
    expect([Threshold, Period]).toEqual([4, 3_600]);
  });
});

describe('a look at many things at once', () => {
  test('is a dashboard in prod, and none in dev', () => {
    expect(resourcesOf(dev, 'AWS::CloudWatch::Dashboard')).toEqual([]);
    const { DashboardName, DashboardBody } = propertiesOf(prod, 'AWS::CloudWatch::Dashboard');
    expect(DashboardName).toBe('Muster');
    for (const name of ['JobsFailed', 'SpentUsd', 'AgentSeconds']) expect(DashboardBody).toContain(name);
  });

  test('is saved queries over all log groups, in both', () => {
    for (const template of [dev, prod]) {
      const queries = resourcesOf(template, 'AWS::Logs::QueryDefinition').map(
        ([, { Properties }]) => Properties,
      );
      expect(queries.map(({ Name }) => Name)).toEqual([
        'Muster/errors',
        'Muster/refused calls',
        'Muster/how jobs ended',
        'Muster/one job (put its id in)',
      ]);
      for (const { LogGroupNames } of queries) expect((LogGroupNames as string[]).length).toBeGreaterThan(6);
    }
  });
});

describe('a budget of the account', () => {
  const template = synthesize({ accountBudgetUsd: 50 });

  test('is there where the settings ask for it', () => {
    expect(resourcesOf(dev, 'AWS::Budgets::Budget')).toEqual([]);
    expect(propertiesOf(template, 'AWS::Budgets::Budget')).toMatchObject({
      Budget: { BudgetType: 'COST', TimeUnit: 'MONTHLY', BudgetLimit: { Amount: 50, Unit: 'USD' } },
    });
  });

  test('denies the dispatcher to start workers once it is used up [A8] [D6]', () => {
    expect(propertiesOf(template, 'AWS::Budgets::BudgetsAction')).toMatchObject({
      ActionType: 'APPLY_IAM_POLICY',
      ActionThreshold: { Type: 'PERCENTAGE', Value: 100 },
      ApprovalModel: 'AUTOMATIC',
      Definition: {
        IamActionDefinition: {
          PolicyArn: '<AccountBudgetNoWorkers>',
          Roles: ['<FunctionsDispatcherRole>'],
        },
      },
      Subscribers: [{ Type: 'SNS', Address: '<MonitoringTopic>' }],
    });
    expect(propertiesOf(template, 'AWS::IAM::ManagedPolicy', 'AccountBudget')).toMatchObject({
      PolicyDocument: {
        Statement: [{ Effect: 'Deny', Action: ['ecs:RunTask', 'lambda:InvokeFunction'], Resource: '*' }],
      },
    });
  });

  test('may put that one policy on that one role, and nothing else [D4]', () => {
    expect(statementsOf(template, 'AccountBudgetRole')).toEqual([
      {
        Effect: 'Allow',
        Action: ['iam:AttachRolePolicy', 'iam:DetachRolePolicy'],
        Resource: '<FunctionsDispatcherRole.Arn>',
        Condition: { ArnEquals: { 'iam:PolicyARN': '<AccountBudgetNoWorkers>' } },
      },
    ]);
  });
});

describe('the topic of alarms', () => {
  const { PolicyDocument } = propertiesOf(dev, 'AWS::SNS::TopicPolicy', 'Monitoring') as {
    PolicyDocument: { Statement: object[] };
  };

  test('takes TLS only [D4]', () => {
    expect(PolicyDocument.Statement).toContainEqual(
      expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
    );
  });

  test('takes messages from this account’s alarms, which its own policy must say [A10]', () => {
    expect(PolicyDocument.Statement).toContainEqual({
      Sid: 'AlarmsMayPublish',
      Effect: 'Allow',
      Action: 'sns:Publish',
      Principal: { Service: 'cloudwatch.amazonaws.com' },
      Resource: '<MonitoringTopic>',
      Condition: {
        StringEquals: { 'aws:SourceAccount': '<AWS::AccountId>' },
        ArnLike: {
          'aws:SourceArn': 'arn:<AWS::Partition>:cloudwatch:<AWS::Region>:<AWS::AccountId>:alarm:*',
        },
      },
    });
  });

  test('mails them to the address in the settings, if there is one [A10]', () => {
    expect(propertiesOf(synthesize(prodSettings), 'AWS::SNS::Subscription')).toMatchObject({
      Protocol: 'email',
      Endpoint: 'operator@example.com',
    });
    expect(resourcesOf(dev, 'AWS::SNS::Subscription')).toEqual([]);
  });
});
