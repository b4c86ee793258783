/** CloudWatch namespace of everything that Muster emits. */
export const metricNamespace = 'Muster';

/** The one dimension: all functions share a value, so that alarms watch one metric. */
export const metricService = 'muster';

/**
 * Every metric: what it counts, and its unit. None has an id as a dimension: each distinct set of dimensions is a
 * metric of its own, at 0.30 USD a month. What is counted is said in comments, which no bundle carries.
 */
export const metrics = {
  /** Jobs accepted. */
  JobsSubmitted: { unit: 'Count' },
  /** Jobs that ended SUCCEEDED. */
  JobsSucceeded: { unit: 'Count' },
  /** Jobs that ended FAILED or TIMED_OUT. */
  JobsFailed: { unit: 'Count' },
  /** Jobs that ended CANCELLED. */
  JobsCancelled: { unit: 'Count' },
  /** Attempts whose worker died or stopped answering. */
  AttemptsLost: { unit: 'Count' },
  /** Workers that could not be started. */
  StartFailures: { unit: 'Count' },
  /** Starts put off for want of capacity. */
  CapacityDelays: { unit: 'Count' },
  /** Completed passes of the reconciler. */
  ReconcilerRuns: { unit: 'Count' },
  /** Rows that the reconciler had to move. */
  ReconcilerRepairs: { unit: 'Count' },
  /** Outbox entries that could not be delivered at once. */
  DeliveryFailures: { unit: 'Count' },
  /** Age of the oldest queued job, at each pass. */
  OldestQueuedSeconds: { unit: 'Seconds' },
  /** Messages that watchers did not get; they read what they missed. */
  PushFailures: { unit: 'Count' },
  /** Webhooks that a receiver took. */
  WebhooksDelivered: { unit: 'Count' },
  /** Tries of webhooks that failed. */
  WebhooksFailed: { unit: 'Count' },
  /** Webhooks that were given up. */
  WebhooksDead: { unit: 'Count' },
  /** Ticks of schedules that nobody looked at in time. */
  TicksMissed: { unit: 'Count' },
  /** Old workspaces that could not be deleted at once. */
  WorkspacesLeft: { unit: 'Count' },
  /** API calls refused with 403. */
  DeniedCalls: { unit: 'Count' },
  /** Approvals whose time is nearly over, each of them once. */
  ApprovalsExpiring: { unit: 'Count' },
  /** Meetings in which nobody has spoken for five minutes, at each look. */
  MeetingsSilent: { unit: 'Count' },
  /** Plans of which no action was begun within ten minutes, at each look. */
  HandoffsStalled: { unit: 'Count' },
  /** From an agent's start to its end. */
  AgentSeconds: { unit: 'Seconds' },
  /** From accepted to started. */
  QueueSeconds: { unit: 'Seconds' },
  /** Requests that were answered from the response cache. */
  ResponseCacheHits: { unit: 'Count' },
  /** Requests of agents with a response cache that had to go to the model. */
  ResponseCacheMisses: { unit: 'Count' },
  /** Dollars spent on models. */
  SpentUsd: { unit: 'None' },
} as const satisfies Record<string, { unit: 'Count' | 'Seconds' | 'None' }>;

export type MetricName = keyof typeof metrics;
