import { describe, expect, test } from '@jest/globals';
import { metrics } from '#contracts/metric-names.ts';
import { alarmRows } from '../../lib/constructs/alarms.ts';
import { readSettings } from '../../lib/stacks/read-settings.ts';
import { prodSettings, propertiesOf, resourcesOf, synthesize } from '../stacks/synthesize.ts';

const dev = synthesize();
const alarms = resourcesOf(dev, 'AWS::CloudWatch::Alarm').map(([, alarm]) => alarm.Properties);
const rows = alarmRows(readSettings({}));

function alarm(id: string): Record<string, unknown> {
  return propertiesOf(dev, 'AWS::CloudWatch::Alarm', `Monitoring${id}`);
}

describe('alarms', () => {
  test('are what the table says, no more and no fewer [A10]', () => {
    expect(alarms.map((properties) => properties.Threshold)).toEqual(rows.map((row) => row.threshold));
    expect(rows.map((row) => row.id)).toEqual([
      'DeadLetters',
      'ReconcilerSilent',
      'ServerErrors',
      'StartFailures',
      'QueueStuck',
      'WorkersDying',
      'JobsFailing',
      'CallsDenied',
      'SpendingFast',
    ]);
  });

  test('fit into the ten that an account has for nothing', () => {
    expect(alarms.length).toBeLessThanOrEqual(10);
  });

  test('watch metrics that Muster emits, under the one service name [A10]', () => {
    const own = alarms.filter((properties) => properties.Namespace === 'Muster');
    expect(own).toHaveLength(7);
    for (const { MetricName, Dimensions } of own) {
      expect(Object.keys(metrics)).toContain(MetricName);
      expect(Dimensions).toEqual([{ Name: 'service', Value: 'muster' }]);
    }
  });

  test('watch the dead letters and the API’s own faults', () => {
    expect(alarm('DeadLetters')).toMatchObject({
      Namespace: 'AWS/SQS',
      MetricName: 'ApproximateNumberOfMessagesVisible',
      Dimensions: [{ Name: 'QueueName', Value: '<JobsDeadLetters.QueueName>' }],
    });
    expect(alarm('ServerErrors')).toMatchObject({
      Namespace: 'AWS/ApiGateway',
      MetricName: '5xx',
      Dimensions: [{ Name: 'ApiId', Value: '<Api>' }],
    });
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

  test('say what they mean and where it is written what to do', () => {
    expect(alarm('DeadLetters').AlarmDescription).toBe(
      'CRITICAL: The dispatcher failed five times on the same message. What to do: docs/alarms.md#deadletters',
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

describe('the topic of alarms', () => {
  const { PolicyDocument } = propertiesOf(dev, 'AWS::SNS::TopicPolicy') as {
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
