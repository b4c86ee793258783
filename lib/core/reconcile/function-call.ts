import type { JobRow } from '#contracts/job-row.ts';
import type { Moment } from '#core/jobs/transitions.ts';
import type { TaskState } from '#core/ports/compute.ts';

/** The start was written down by one machine's clock, and another's says that the time is over. */
const clockGraceSeconds = 30;

/**
 * When the call of the function is over in any case: Lambda ends it at its timeout, which ran already when the
 * worker started. Undefined where no worker has started: then none will, because `start` asks whether the job is
 * still STARTING at this very attempt.
 */
export function callOverAtMs(row: JobRow, { timings }: Pick<Moment, 'timings'>): number | undefined {
  if (row.sessionSha256 === undefined || row.startedAtMs === undefined) return undefined;
  return row.startedAtMs + (timings.functionSeconds + clockGraceSeconds) * 1000;
}

/**
 * What is known of a worker in a function. Lambda cannot be asked about one call; a worker that ends on its own
 * says so with `finish`, and then the row is not in need of this.
 */
export function functionState(row: JobRow, moment: Omit<Moment, 'fraction'>): TaskState {
  const overAtMs = callOverAtMs(row, moment);
  if (overAtMs !== undefined && overAtMs > moment.nowMs) return { kind: 'alive' };
  if (overAtMs === undefined && row.status !== 'STOPPING') return { kind: 'alive' };
  const reason =
    overAtMs === undefined ? 'no worker has started' : "the function's time is over, and it has said nothing";
  return { kind: 'stopped', how: 'exited', reason };
}
