import type { JobRow } from '#contracts/job-row.ts';

/** What every log line about a job has, so that one search finds its whole way through the functions. */
export function logFieldsOf(row: JobRow): { job: string; attempt: number; traceId: string } {
  return { job: row.id, attempt: row.attempt, traceId: row.traceparent.slice(3, 35) };
}
