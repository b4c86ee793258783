import * as z from 'zod';
import { type MetricStore, metric, statistics } from './metric-store.ts';

export interface Alarm {
  name: string;
  arn: string;
  /** The resolved properties of `AWS::CloudWatch::Alarm`. */
  properties: Record<string, unknown>;
  createdAtMs: number;
}

export const alarmStates = ['OK', 'ALARM', 'INSUFFICIENT_DATA'] as const;

export interface Judgement {
  state: (typeof alarmStates)[number];
  reason: string;
}

export interface AlarmState extends Judgement {
  sinceMs: number;
}

/** What of an alarm is judged here: one metric, and a simple statistic of it. */
const condition = metric.extend({
  Statistic: z.enum(statistics),
  /** Seconds. */
  Period: z.coerce.number(),
  EvaluationPeriods: z.coerce.number(),
  DatapointsToAlarm: z.coerce.number().optional(),
  Threshold: z.coerce.number(),
  ComparisonOperator: z.enum([
    'GreaterThanOrEqualToThreshold',
    'GreaterThanThreshold',
    'LessThanOrEqualToThreshold',
    'LessThanThreshold',
  ]),
  TreatMissingData: z.enum(['missing', 'breaching', 'notBreaching']).default('missing'),
});
type Condition = z.infer<typeof condition>;

function isBreach(value: number, { ComparisonOperator, Threshold }: Condition): boolean {
  if (value === Threshold) return ComparisonOperator.endsWith('OrEqualToThreshold');
  return ComparisonOperator.startsWith('Greater') ? value > Threshold : value < Threshold;
}

function insufficient(reason: string): Judgement {
  return { state: 'INSUFFICIENT_DATA', reason };
}

/** An alarm's state. Windows slide back from now, so that a laptop sees an alarm without waiting. */
export function judge(alarm: Alarm, store: MetricStore, nowMs: number): Judgement {
  const judged = condition.safeParse(alarm.properties).data;
  if (!judged) return insufficient('The local cloud judges alarms on one metric and a simple statistic');
  const { EvaluationPeriods: periods, DatapointsToAlarm = periods, TreatMissingData } = judged;
  const periodMs = judged.Period * 1000;
  const values = Array.from({ length: periods }, (_, i) =>
    store.aggregate(judged, judged.Statistic, nowMs - (i + 1) * periodMs, nowMs - i * periodMs),
  );
  const present = values.filter((value) => value !== undefined);
  // Nothing was there to emit what is missing: silence from before the start says nothing.
  const isYoung = nowMs - alarm.createdAtMs < periods * periodMs;
  const missing = TreatMissingData === 'breaching' && !isYoung ? periods - present.length : 0;
  const breaching = present.filter((value) => isBreach(value, judged)).length + missing;
  const told = values.map((value) => value ?? 'missing').join(', ');
  const reason = `${breaching} of ${periods} periods breach ${judged.ComparisonOperator} ${judged.Threshold} (values, newest first: ${told})`;
  if (breaching >= DatapointsToAlarm) return { state: 'ALARM', reason };
  if (present.length === 0 && TreatMissingData !== 'notBreaching') return insufficient(reason);
  return { state: 'OK', reason };
}
