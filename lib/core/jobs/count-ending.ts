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
  countAgentTime(deps, after);
  if (after.status === 'SUCCEEDED') deps.metrics.count('JobsSucceeded');
  else if (after.status === 'CANCELLED') deps.metrics.count('JobsCancelled');
  else deps.metrics.count('JobsFailed');
}

const agentTypes: readonly JobRow['type'][] = ['agent', 'action', 'review'];

/** Of the last attempt: the time in which an agent worked, without the queue before it. */
function countAgentTime(deps: Deps<'metrics'>, { type, startedAtMs, endedAtMs }: JobRow): void {
  if (!agentTypes.includes(type) || startedAtMs === undefined || endedAtMs === undefined) return;
  deps.metrics.count('AgentSeconds', (endedAtMs - startedAtMs) / 1_000);
}
