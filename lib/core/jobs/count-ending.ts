import type { JobRow } from '#contracts/job-row.ts';
import { isTerminal } from '#contracts/job-states.ts';
import type { Deps } from '#core/ports/core-deps.ts';
import { logFieldsOf } from './log-fields.ts';

/** Counts a job's end once: by whoever's write made it so. */
export function countEnding(deps: Deps<'metrics' | 'log'>, before: JobRow, after: JobRow): void {
  if (!isTerminal(after.status) || isTerminal(before.status)) return;
  deps.log.info('job ended', {
    ...logFieldsOf(after),
    status: after.status,
    code: after.error?.code,
  });
  if (after.status === 'SUCCEEDED') deps.metrics.count('JobsSucceeded');
  else if (after.status === 'CANCELLED') deps.metrics.count('JobsCancelled');
  else deps.metrics.count('JobsFailed');
}
