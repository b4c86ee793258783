import type { MetricName } from '#contracts/metric-names.ts';
import type { Settings } from '#contracts/settings.ts';

/** Where an alarm's number comes from. `custom` metrics are Muster's own. */
export type AlarmMetric =
  | { readonly kind: 'custom'; readonly name: MetricName }
  | { readonly kind: 'deadLetters' }
  | { readonly kind: 'serverErrors' };

export interface AlarmRow {
  /** Also the anchor of its runbook. */
  readonly id: string;
  readonly metric: AlarmMetric;
  readonly statistic: 'Sum' | 'Maximum';
  /** The alarm is raised when the value is beyond this, in the metric's unit. */
  readonly threshold: number;
  readonly unit: 'count' | 'seconds' | 'USD';
  readonly comparison: 'atLeast' | 'below';
  readonly periodMinutes: number;
  /** How many periods in a row. */
  readonly periods: number;
  /** What silence means: `good` when nothing happened, `bad` when something that must happen did not. */
  readonly whenMissing: 'good' | 'bad';
  readonly severity: 'critical' | 'warning';
  /** What it means, in one sentence: the first line of the e-mail. */
  readonly meaning: string;
}

/** The page that says what to do, one heading per alarm. */
export const runbookPage = 'docs/alarms.md';

const happened = {
  statistic: 'Sum',
  unit: 'count',
  comparison: 'atLeast',
  periodMinutes: 5,
  periods: 1,
  whenMissing: 'good',
} as const;

/** Ten alarms are free in an account; these leave one to spare. */
export function alarmRows(settings: Settings): readonly AlarmRow[] {
  return [
    {
      ...happened,
      id: 'DeadLetters',
      metric: { kind: 'deadLetters' },
      statistic: 'Maximum',
      threshold: 1,
      severity: 'critical',
      meaning: 'The dispatcher failed five times on the same message.',
    },
    {
      ...happened,
      id: 'ReconcilerSilent',
      metric: { kind: 'custom', name: 'ReconcilerRuns' },
      threshold: 1,
      comparison: 'below',
      whenMissing: 'bad',
      severity: 'critical',
      meaning:
        'No pass of the reconciler has finished for five minutes: dead workers and lost messages stay as they are.',
    },
    {
      ...happened,
      id: 'ServerErrors',
      metric: { kind: 'serverErrors' },
      threshold: 5,
      severity: 'critical',
      meaning: 'The API answered five calls within five minutes with a fault of its own.',
    },
    {
      ...happened,
      id: 'StartFailures',
      metric: { kind: 'custom', name: 'StartFailures' },
      threshold: 3,
      periodMinutes: 15,
      severity: 'critical',
      meaning: 'Workers cannot be started: the image, the network or a role is wrong.',
    },
    {
      ...happened,
      id: 'QueueStuck',
      metric: { kind: 'custom', name: 'OldestQueuedSeconds' },
      statistic: 'Maximum',
      unit: 'seconds',
      threshold: 1_800,
      periods: 3,
      severity: 'warning',
      meaning: 'A job has been waiting for a worker for more than half an hour.',
    },
    {
      ...happened,
      id: 'WorkersDying',
      metric: { kind: 'custom', name: 'AttemptsLost' },
      threshold: 3,
      periodMinutes: 15,
      severity: 'warning',
      meaning: 'Three workers within a quarter of an hour died or stopped answering.',
    },
    {
      ...happened,
      id: 'JobsFailing',
      metric: { kind: 'custom', name: 'JobsFailed' },
      threshold: 5,
      periodMinutes: 15,
      severity: 'warning',
      meaning: 'Five jobs within a quarter of an hour used up their attempts or their time.',
    },
    {
      ...happened,
      id: 'CallsDenied',
      metric: { kind: 'custom', name: 'DeniedCalls' },
      threshold: 20,
      severity: 'warning',
      meaning:
        'Twenty calls within five minutes were refused: somebody tries doors, or a client has the wrong role.',
    },
    {
      ...happened,
      id: 'SpendingFast',
      metric: { kind: 'custom', name: 'SpentUsd' },
      unit: 'USD',
      threshold: settings.projectMonthBudgetUsd / 10,
      periodMinutes: 60,
      severity: 'warning',
      meaning: "Models cost a tenth of a project's monthly budget within one hour.",
    },
  ];
}
