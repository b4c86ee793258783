import type { AttemptEnd, Execution } from '#contracts/executions.ts';
import type { JobRow } from '#contracts/job-row.ts';
import { isTerminal } from '#contracts/job-states.ts';

/** What is written down of an attempt. A job that has gone on since has no result of this one. */
export function toExecution(row: JobRow, attempt: number, end: AttemptEnd): Execution {
  const { id, project, type, model, run, inputKey, result } = row;
  const isCurrent = row.attempt === attempt;
  return {
    jobId: id,
    project,
    type,
    attempt,
    ...end,
    ...(model === undefined ? {} : { model }),
    ...(run ? { run: run.id, agent: run.agent } : {}),
    inputKey,
    ...(result && isCurrent ? { resultKey: result.key } : {}),
    ...(row.lane === 'fargate' ? { compute: row.compute } : {}),
    ...(isCurrent && isTerminal(row.status) ? { isLast: true } : {}),
  };
}
