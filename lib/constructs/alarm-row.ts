import type { MetricName } from '#contracts/metric-names.ts';

/** Where an alarm's number comes from. `custom` metrics are Muster's own. */
export type AlarmMetric =
  | { readonly kind: 'custom'; readonly name: MetricName }
  | { readonly kind: 'deadLetters' }
  | { readonly kind: 'serverErrors' }
  | { readonly kind: 'executions'; readonly name: 'ExecutionsFailed' | 'ExecutionsTimedOut' };

export interface AlarmRow {
  /** The alarm's name is `Muster-<id>`. */
  readonly id: string;
  readonly metric: AlarmMetric;
  readonly statistic: 'Sum' | 'Maximum' | 'Average';
  /**
   * The alarm is raised when the value is beyond this, in the metric's unit; with `aboveUsual`, so many standard
   * deviations above what CloudWatch has learnt to expect.
   */
  readonly threshold: number;
  readonly unit: 'count' | 'seconds' | 'USD';
  readonly comparison: 'atLeast' | 'below' | 'aboveUsual';
  readonly periodMinutes: number;
  /** How many periods in a row. */
  readonly periods: number;
  /** What silence means: `good` when nothing happened, `bad` when something that must happen did not. */
  readonly whenMissing: 'good' | 'bad';
  readonly severity: 'critical' | 'warning';
  /** What has happened, in one sentence: the first line of the e-mail. */
  readonly says: string;
  /** What follows from it, for somebody who reads it at night. */
  readonly means: string;
  /** What to type first. */
  readonly command: string;
  /** The page that says what to do then. */
  readonly runbook: string;
}

/** All that an alarm has in common which counts what happens. */
export const happened = {
  statistic: 'Sum',
  unit: 'count',
  comparison: 'atLeast',
  periodMinutes: 5,
  periods: 1,
  whenMissing: 'good',
} as const;
