import { limits } from '#contracts/limits.ts';
import { type ChangeDeps, changeJob } from './change-job.ts';

/** Has a parent wake this child when it ends. Best effort: a child without it finds out by its own due time. */
export async function registerWaiter(deps: ChangeDeps, parent: string, child: string): Promise<void> {
  await changeJob(deps, parent, (row) => {
    const isKnown = row.waiters.includes(child) || row.waiters.length >= limits.waiters;
    const next =
      isKnown || row.endedAtMs !== undefined ? undefined : { ...row, waiters: [...row.waiters, child] };
    return { next, value: undefined };
  });
}
