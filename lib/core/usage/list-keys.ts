import type { Execution } from '#contracts/executions.ts';
import type { LedgerEntry } from '#core/ports/job-store.ts';

/** Where an item stands in the `listed` index. */
export interface ListPlace {
  listShard: string;
  listKey: string;
}

/** `YYYY-MM-DD`, UTC. */
export function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

export function ledgerShard(project: string, day: string): string {
  return `ledger#${project}#${day}`;
}

/** A day's entries of a project stand together, from the earliest. */
export function ledgerPlace({ project, jobId, key, atMs }: LedgerEntry): ListPlace {
  return { listShard: ledgerShard(project, dayOf(atMs)), listKey: `${sortable(atMs)}#${jobId}#${key}` };
}

export function executionShard(project: string): string {
  return `exec#${project}`;
}

export function executionPlace({ project, jobId, attempt, endedAtMs }: Execution): ListPlace {
  return { listShard: executionShard(project), listKey: `${sortable(endedAtMs)}#${jobId}#${attempt}` };
}

export function sortable(ms: number): string {
  return String(ms).padStart(14, '0');
}
