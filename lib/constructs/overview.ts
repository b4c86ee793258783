import { Duration } from 'aws-cdk-lib';
import { type Alarm, AlarmStatusWidget, Dashboard, GraphWidget, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { MetricName } from '#contracts/metric-names.ts';
import { ownMetric } from './own-metric.ts';

export interface OverviewProps {
  readonly alarms: Alarm[];
}

/** Its graphs: title, unit of the axis, statistic, metrics. */
const graphs: readonly (readonly [string, string, string, readonly MetricName[]])[] = [
  ['Jobs', 'jobs', Stats.SUM, ['JobsSubmitted', 'JobsSucceeded', 'JobsFailed', 'JobsCancelled']],
  ['Waiting', 'seconds', Stats.MAXIMUM, ['OldestQueuedSeconds', 'QueueSeconds']],
  ['Workers lost', 'attempts', Stats.SUM, ['AttemptsLost', 'StartFailures', 'CapacityDelays']],
  ['Spent on models', 'USD', Stats.SUM, ['SpentUsd']],
  ['Agents', 'seconds', Stats.AVERAGE, ['AgentSeconds']],
  ['Repairs', 'count', Stats.SUM, ['ReconcilerRepairs', 'DeliveryFailures', 'DeniedCalls']],
];

/** The dashboard `Muster`: which alarms ring, and what they watch. */
export class Overview extends Construct {
  constructor(scope: Construct, id: string, { alarms }: OverviewProps) {
    super(scope, id);
    const dashboard = new Dashboard(this, 'Dashboard', {
      dashboardName: 'Muster',
      defaultInterval: Duration.days(1),
    });
    dashboard.addWidgets(new AlarmStatusWidget({ title: 'Alarms', width: 24, height: 4, alarms }));
    const widgets = graphs.map(([title, label, statistic, names]) => {
      const left = names.map((name) => ownMetric(name).with({ statistic, label: name }));
      return new GraphWidget({ title, left, leftYAxis: { label, showUnits: false, min: 0 }, width: 8 });
    });
    dashboard.addWidgets(...widgets.slice(0, 3));
    dashboard.addWidgets(...widgets.slice(3));
  }
}
