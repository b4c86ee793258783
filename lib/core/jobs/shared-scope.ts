import type { JobRow } from '#contracts/job-row.ts';

/** Jobs of one project with the same scope share notes and read each other's artifacts. A job alone is its own. */
export function sharedScope({ id }: Pick<JobRow, 'id'>): string {
  return id;
}
