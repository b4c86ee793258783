import type { JobRow } from '#contracts/job-row.ts';
import { isTerminal } from '#contracts/job-states.ts';
import { end, enqueue, fail, type Moment } from './transitions.ts';

/** What becomes of a blocked job, given all its parents. No counters: nothing can drift. */
export function afterParents(row: JobRow, parents: readonly JobRow[], moment: Moment): JobRow {
  const missing = row.dependsOn.find((id) => !parents.some((parent) => parent.id === id));
  if (missing) return failedBy(row, `job ${missing}, which it depends on, is gone`, moment);
  const failed = parents.find((parent) => isTerminal(parent.status) && parent.status !== 'SUCCEEDED');
  if (failed && row.onFailure !== 'run') return afterFailure(row, failed, moment);
  if (parents.every((parent) => isTerminal(parent.status))) return enqueue(row, moment);
  return { ...row, checkAtMs: moment.nowMs + moment.timings.blockedCheckSeconds * 1000 };
}

function afterFailure(row: JobRow, parent: JobRow, moment: Moment): JobRow {
  const message = `job ${parent.id}, which it depends on, ended ${parent.status}`;
  if (row.onFailure !== 'skip') return failedBy(row, message, moment);
  return end(row, 'CANCELLED', moment, { error: { code: 'cancelled', message: `skipped: ${message}` } });
}

function failedBy(row: JobRow, message: string, moment: Moment): JobRow {
  return fail(row, { code: 'dependency_failed', message }, moment);
}
