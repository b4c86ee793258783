import { aggregate, isStatistic, type MetricStore } from './metric-store.ts';

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

export interface Alarm {
  name: string;
  arn: string;
  /** The resolved properties of `AWS::CloudWatch::Alarm`. */
  properties: Record<string, unknown>;
  state: AlarmState;
  reason: string;
  /** Seconds since the epoch. */
  changedAt: number;
}

const COMPARISONS: Record<string, (value: number, threshold: number) => boolean> = {
  GreaterThanOrEqualToThreshold: (value, threshold) => value >= threshold,
  GreaterThanThreshold: (value, threshold) => value > threshold,
  LessThanOrEqualToThreshold: (value, threshold) => value <= threshold,
  LessThanThreshold: (value, threshold) => value < threshold,
};

export function toDimensions(value: unknown): Record<string, string> {
  const list = Array.isArray(value) ? (value as { Name: string; Value: string }[]) : [];
  return Object.fromEntries(list.map(({ Name, Value }) => [Name, Value]));
}

/** Brings an alarm up to date. Windows slide back from now, so that a laptop sees an alarm without waiting. */
export function evaluateAlarm(alarm: Alarm, store: MetricStore, now: number): void {
  const { state, reason } = judge(alarm, store, now);
  alarm.reason = reason;
  if (state === alarm.state) return;
  alarm.state = state;
  alarm.changedAt = now / 1000;
}

function judge(alarm: Alarm, store: MetricStore, now: number): { state: AlarmState; reason: string } {
  const { Namespace, MetricName, Statistic, Threshold, ComparisonOperator, TreatMissingData } =
    alarm.properties;
  const breaches = COMPARISONS[String(ComparisonOperator)];
  if (!isStatistic(Statistic) || MetricName === undefined || !breaches) {
    return {
      state: 'INSUFFICIENT_DATA',
      reason: 'The local cloud evaluates alarms on one metric and a simple statistic',
    };
  }
  const series = store.find(String(Namespace), String(MetricName), toDimensions(alarm.properties.Dimensions));
  const periods = Number(alarm.properties.EvaluationPeriods ?? 1);
  const periodMs = Number(alarm.properties.Period ?? 60) * 1000;
  const values = Array.from({ length: periods }, (_, i) =>
    aggregate(series, Statistic, now - (i + 1) * periodMs, now - i * periodMs),
  );
  const present = values.filter((value) => value !== undefined);
  const breaching = present.filter((value) => breaches(value, Number(Threshold))).length;
  const missing = TreatMissingData === 'breaching' ? periods - present.length : 0;
  const needed = Number(alarm.properties.DatapointsToAlarm ?? periods);
  const reason = `${breaching + missing} of ${periods} periods breach ${ComparisonOperator} ${Threshold} (values, newest first: ${values.map((value) => value ?? 'missing').join(', ')})`;
  if (breaching + missing >= needed) return { state: 'ALARM', reason };
  if (present.length > 0 || TreatMissingData === 'notBreaching' || missing > 0)
    return { state: 'OK', reason };
  return { state: TreatMissingData === 'ignore' ? alarm.state : 'INSUFFICIENT_DATA', reason };
}
