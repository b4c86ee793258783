import type { AlarmChange } from './alarm-watch.ts';
import type { AlarmState } from './alarms.ts';
import type { Json } from './json.ts';
import { accountId } from './place.ts';

const regionTitle = 'US East (N. Virginia)';

function listOf(properties: Record<string, unknown>, name: string): string[] {
  return [properties[name] ?? []].flat().map(String);
}

/** The topics that an alarm tells of its new state. */
export function actionsOf({ alarm: { properties }, before, after }: AlarmChange): string[] {
  if (properties.ActionsEnabled === false) return [];
  if (after.state === 'ALARM') return listOf(properties, 'AlarmActions');
  if (after.state !== 'OK') return listOf(properties, 'InsufficientDataActions');
  // CloudWatch also mails that an alarm which was just made is all right: at every start here, of all of them.
  return before.state === 'ALARM' ? listOf(properties, 'OKActions') : [];
}

/** As CloudWatch writes to topics. */
export function toNotification({ alarm, before, after }: AlarmChange): { subject: string; message: string } {
  const { name, arn, properties } = alarm;
  const text = (key: string): Json => (typeof properties[key] === 'string' ? String(properties[key]) : null);
  const message = {
    AlarmName: name,
    AlarmDescription: text('AlarmDescription'),
    AWSAccountId: accountId,
    NewStateValue: after.state,
    NewStateReason: after.reason,
    StateChangeTime: toTime(after),
    Region: regionTitle,
    AlarmArn: arn,
    OldStateValue: before.state,
    Trigger: { Namespace: text('Namespace'), MetricName: text('MetricName') },
  };
  return { subject: `${after.state}: "${name}" in ${regionTitle}`, message: JSON.stringify(message) };
}

/** The detail of a `CloudWatch Alarm State Change` event. */
export function toAlarmEvent({ alarm, before, after }: AlarmChange): Json {
  const state = (of: AlarmState): Json => ({ value: of.state, reason: of.reason, timestamp: toTime(of) });
  const { Namespace = null, MetricName = null, Period = null, Statistic = null } = alarm.properties;
  const metric = { namespace: Namespace, name: MetricName } as Json;
  const metricStat = { metric, period: Period, stat: Statistic } as Json;
  return {
    alarmName: alarm.name,
    state: state(after),
    previousState: state(before),
    configuration: {
      description: String(alarm.properties.AlarmDescription ?? ''),
      metrics: [{ id: 'm1', metricStat, returnData: true }],
    },
  };
}

/** `2026-11-20T12:00:00.000+0000` */
function toTime({ sinceMs }: AlarmState): string {
  return new Date(sinceMs).toISOString().replace('Z', '+0000');
}
