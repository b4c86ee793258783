import type { JobRow } from '#contracts/job-row.ts';
import { isTerminal } from '#contracts/job-states.ts';
import { enqueue, fail, type Moment } from './transitions.ts';

/** What becomes of a blocked job, given all its parents. No counters: nothing can drift. */
export function afterParents(row: JobRow, parents: readonly JobRow[], moment: Moment): JobRow {
  const missing = row.dependsOn.find((id) => !parents.some((parent) => parent.id === id));
  if (missing) return failedBy(row, `job ${missing}, which it depends on, is gone`, moment);
  const failed = parents.find((parent) => isTerminal(parent.status) && parent.status !== 'SUCCEEDED');
  if (failed) return failedBy(row, `job ${failed.id}, which it depends on, ended ${failed.status}`, moment);
  if (parents.every((parent) => parent.status === 'SUCCEEDED')) return enqueue(row, moment);
  return { ...row, checkAtMs: moment.nowMs + moment.timings.blockedCheckSeconds * 1000 };
}

function failedBy(row: JobRow, message: string, moment: Moment): JobRow {
  return fail(row, { code: 'dependency_failed', message }, moment);
}
