import type { JobRow } from '#contracts/job-row.ts';

/** Jobs of a run share notes and read each other's artifacts. A job alone is its own scope. */
export function sharedScope({ id, run }: Pick<JobRow, 'id' | 'run'>): string {
  return run?.id ?? id;
}
