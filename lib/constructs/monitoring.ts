import { ArnFormat, Aws, Duration, Stack } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { metricNamespace, metricService } from '#contracts/metric-names.ts';
import type { Settings } from '#contracts/settings.ts';
import { type AlarmMetric, type AlarmRow, alarmRows, runbookPage } from './alarms.ts';
import type { HttpApi } from './http-api.ts';

export interface MonitoringProps {
  readonly settings: Settings;
  readonly deadLetters: IQueue;
  readonly api: HttpApi;
}

/** The alarms of `alarms.ts`, and the topic that they report to. */
export class Monitoring extends Construct {
  readonly topic: Topic;

  constructor(scope: Construct, id: string, props: MonitoringProps) {
    super(scope, id);
    this.topic = makeTopic(this, props.settings);
    const action = new SnsAction(this.topic);
    for (const row of alarmRows(props.settings)) {
      const alarm = addAlarm(this, row, metricOf(row.metric, props));
      alarm.addAlarmAction(action);
      alarm.addOkAction(action);
    }
  }
}

function makeTopic(scope: Construct, settings: Settings): Topic {
  const topic = new Topic(scope, 'Topic', { displayName: 'Muster alarms', enforceSSL: true });
  // A policy of its own replaces the one by which a topic's account may publish; alarms need to be named then.
  topic.addToResourcePolicy(
    new PolicyStatement({
      sid: 'AlarmsMayPublish',
      actions: ['sns:Publish'],
      principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
      resources: [topic.topicArn],
      conditions: {
        StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID },
        ArnLike: {
          'aws:SourceArn': Stack.of(scope).formatArn({
            service: 'cloudwatch',
            resource: 'alarm',
            resourceName: '*',
            arnFormat: ArnFormat.COLON_RESOURCE_NAME,
          }),
        },
      },
    }),
  );
  if (settings.alarmEmail) topic.addSubscription(new EmailSubscription(settings.alarmEmail));
  return topic;
}

function metricOf(metric: AlarmMetric, { deadLetters, api }: MonitoringProps): Metric {
  switch (metric.kind) {
    case 'deadLetters':
      return deadLetters.metricApproximateNumberOfMessagesVisible();
    case 'serverErrors':
      return new Metric({
        namespace: 'AWS/ApiGateway',
        metricName: '5xx',
        dimensionsMap: { ApiId: api.apiId },
      });
    case 'custom':
      return new Metric({
        namespace: metricNamespace,
        metricName: metric.name,
        dimensionsMap: { service: metricService },
      });
    default:
      return metric satisfies never;
  }
}

function addAlarm(scope: Construct, row: AlarmRow, metric: Metric): Alarm {
  return new Alarm(scope, row.id, {
    metric: metric.with({ statistic: row.statistic, period: Duration.minutes(row.periodMinutes) }),
    threshold: row.threshold,
    evaluationPeriods: row.periods,
    comparisonOperator:
      row.comparison === 'atLeast'
        ? ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
        : ComparisonOperator.LESS_THAN_THRESHOLD,
    treatMissingData: row.whenMissing === 'bad' ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
    alarmDescription: `${row.severity.toUpperCase()}: ${row.meaning} What to do: ${runbookPage}#${row.id.toLowerCase()}`,
  });
}
