import { ArnFormat, Aws, Duration, Stack } from 'aws-cdk-lib';
import {
  Alarm,
  AnomalyDetectionAlarm,
  ComparisonOperator,
  Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { alarmPrefix, type Settings } from '#contracts/settings.ts';
import type { AlarmMetric, AlarmRow } from './alarm-row.ts';
import { alarmRows } from './alarms.ts';
import { customerKey } from './customer-key.ts';
import type { HttpApi } from './http-api.ts';
import { Overview } from './overview.ts';
import { ownMetric } from './own-metric.ts';
import { addQueries } from './queries.ts';

export interface MonitoringProps {
  readonly settings: Settings;
  readonly deadLetters: IQueue;
  readonly api: HttpApi;
  readonly cycles: StateMachine;
  /** Where the functions write, for the saved queries. */
  readonly logGroups: readonly ILogGroup[];
}

/** The alarms of `alarms.ts`, the topic that they report to, saved queries, and in `prod` a dashboard. */
export class Monitoring extends Construct {
  readonly topic: Topic;

  constructor(scope: Construct, id: string, props: MonitoringProps) {
    super(scope, id);
    this.topic = makeTopic(this, props.settings);
    const action = new SnsAction(this.topic);
    const alarms: Alarm[] = [];
    for (const row of alarmRows(props.settings)) {
      const alarm = addAlarm(this, row, metricOf(row.metric, props));
      alarm.addAlarmAction(action);
      alarm.addOkAction(action);
      alarms.push(alarm);
    }
    addQueries(this, props.logGroups);
    if (props.settings.profile === 'prod') new Overview(this, 'Overview', { alarms });
  }
}

function makeTopic(scope: Construct, settings: Settings): Topic {
  const topic = new Topic(scope, 'Topic', {
    displayName: 'Muster alarms',
    enforceSSL: true,
    masterKey: customerKey(scope, settings),
  });
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

function metricOf(metric: AlarmMetric, { deadLetters, api, cycles }: MonitoringProps): Metric {
  switch (metric.kind) {
    case 'deadLetters':
      return deadLetters.metricApproximateNumberOfMessagesVisible();
    case 'serverErrors':
      return new Metric({
        namespace: 'AWS/ApiGateway',
        metricName: '5xx',
        dimensionsMap: { ApiId: api.apiId },
      });
    case 'executions':
      return metric.name === 'ExecutionsFailed' ? cycles.metricFailed() : cycles.metricTimedOut();
    case 'custom':
      return ownMetric(metric.name);
    default:
      return metric satisfies never;
  }
}

function addAlarm(scope: Construct, row: AlarmRow, metric: Metric): Alarm {
  const measured = metric.with({ statistic: row.statistic, period: Duration.minutes(row.periodMinutes) });
  const common = {
    alarmName: `${alarmPrefix}${row.id}`,
    evaluationPeriods: row.periods,
    treatMissingData: row.whenMissing === 'bad' ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
    alarmDescription: describe(row),
  };
  if (row.comparison === 'aboveUsual')
    return new AnomalyDetectionAlarm(scope, row.id, {
      ...common,
      metric: measured,
      stdDevs: row.threshold,
      comparisonOperator: ComparisonOperator.GREATER_THAN_UPPER_THRESHOLD,
    });
  return new Alarm(scope, row.id, {
    ...common,
    metric: measured,
    threshold: row.threshold,
    comparisonOperator:
      row.comparison === 'atLeast'
        ? ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
        : ComparisonOperator.LESS_THAN_THRESHOLD,
  });
}

function describe({ severity, says, means, command, runbook }: AlarmRow): string {
  return `${severity.toUpperCase()}: ${says} ${means}\nFirst: ${command}\nThen: ${runbook}`;
}
