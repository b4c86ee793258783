import type { JobRow } from '#contracts/job-row.ts';
import type { JobLinks, JobView } from '#contracts/job-view.ts';
import { toUsd } from '#contracts/usage.ts';

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

function countOf(cached: NonNullable<JobRow['cachedAnswers']>): number {
  return Object.values(cached).reduce((sum, { count }) => sum + count, 0);
}

/** The row as clients see it: no tokens, no keys, times in ISO 8601. */
export function toJobView(row: JobRow, links: JobLinks): JobView {
  return {
    id: row.id,
    type: row.type,
    status: row.status,
    project: row.project,
    priority: row.priority,
    lane: row.lane,
    ...(row.lane === 'fargate' ? { compute: row.compute } : {}),
    ...(row.capacity ? { capacity: row.capacity } : {}),
    attempt: row.attempt,
    failures: row.failures,
    maxAttempts: row.maxAttempts,
    createdAt: iso(row.createdAtMs),
    ...(row.startedAtMs === undefined ? {} : { startedAt: iso(row.startedAtMs) }),
    ...(row.endedAtMs === undefined ? {} : { endedAt: iso(row.endedAtMs) }),
    timeoutSeconds: row.timeoutSeconds,
    ...(row.run ? { run: row.run.id } : {}),
    ...(row.run?.action === undefined ? {} : { action: String(row.run.action) }),
    ...(row.dependsOn.length > 0 ? { dependsOn: row.dependsOn } : {}),
    ...(row.next ? { next: row.next.jobs } : {}),
    ...(row.retryOf ? { retryOf: row.retryOf } : {}),
    ...(row.model ? { model: row.model } : {}),
    ...(row.usage ? { usage: row.usage } : {}),
    ...(row.cachedAnswers ? { cachedAnswers: countOf(row.cachedAnswers) } : {}),
    costUsd: toUsd(row.spentMicroUsd),
    ...(row.error ? { error: row.error } : {}),
    ...(row.statusReason ? { statusReason: row.statusReason } : {}),
    links,
  };
}
