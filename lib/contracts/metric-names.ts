/** CloudWatch namespace of everything that Muster emits. */
export const metricNamespace = 'Muster';

/** The one dimension: all functions share a value, so that alarms watch one metric. */
export const metricService = 'muster';

/**
 * Every metric: unit and what it counts. None has an id as a dimension: each distinct set of dimensions is a
 * metric of its own, at 0.30 USD a month.
 */
export const metrics = {
  JobsSubmitted: { unit: 'Count', counts: 'jobs accepted' },
  JobsSucceeded: { unit: 'Count', counts: 'jobs that ended SUCCEEDED' },
  JobsFailed: { unit: 'Count', counts: 'jobs that ended FAILED or TIMED_OUT' },
  JobsCancelled: { unit: 'Count', counts: 'jobs that ended CANCELLED' },
  AttemptsLost: { unit: 'Count', counts: 'attempts whose worker died or stopped answering' },
  StartFailures: { unit: 'Count', counts: 'workers that could not be started' },
  CapacityDelays: { unit: 'Count', counts: 'starts put off for want of capacity' },
  ReconcilerRuns: { unit: 'Count', counts: 'completed passes of the reconciler' },
  ReconcilerRepairs: { unit: 'Count', counts: 'rows that the reconciler had to move' },
  DeliveryFailures: { unit: 'Count', counts: 'outbox entries that could not be delivered at once' },
  OldestQueuedSeconds: { unit: 'Seconds', counts: 'age of the oldest queued job, at each pass' },
  PushFailures: { unit: 'Count', counts: 'messages that watchers did not get; they read what they missed' },
  WebhooksDelivered: { unit: 'Count', counts: 'webhooks that a receiver took' },
  WebhooksFailed: { unit: 'Count', counts: 'tries of webhooks that failed' },
  WebhooksDead: { unit: 'Count', counts: 'webhooks that were given up' },
  WorkspacesLeft: { unit: 'Count', counts: 'old workspaces that could not be deleted at once' },
  DeniedCalls: { unit: 'Count', counts: 'API calls refused with 403' },
  ApprovalsExpiring: { unit: 'Count', counts: 'approvals whose time is nearly over, each of them once' },
  MeetingsSilent: {
    unit: 'Count',
    counts: 'meetings in which nobody has spoken for five minutes, at each look',
  },
  HandoffsStalled: {
    unit: 'Count',
    counts: 'plans of which no action was begun within ten minutes, at each look',
  },
  AgentSeconds: { unit: 'Seconds', counts: "from an agent's start to its end" },
  QueueSeconds: { unit: 'Seconds', counts: 'from accepted to started' },
  SpentUsd: { unit: 'None', counts: 'dollars spent on models' },
} as const satisfies Record<string, { unit: 'Count' | 'Seconds' | 'None'; counts: string }>;

export type MetricName = keyof typeof metrics;
