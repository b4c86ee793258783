import { limits } from '#contracts/limits.ts';
import type { ScheduleRow } from '#contracts/schedule.ts';
import { dueShardOf } from '#core/jobs/indexes.ts';

export interface ScheduleIndexes {
  dueShard?: string;
  dueAtMs?: number;
  listShard: string;
  listKey: string;
  /** Unix seconds. */
  expiresAt?: number;
}

/** One list for all projects: their number is bounded, and they are counted by it. */
export function scheduleShard(isDeleted = false): string {
  return isDeleted ? 'schedule#deleted' : 'schedule';
}

/** When somebody has to look at it, or undefined for never. */
export function scheduleDueAtMs({ state, nextAtMs, pending }: ScheduleRow): number | undefined {
  const times = [state === 'active' ? nextAtMs : undefined, pending?.dueAtMs];
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

export function scheduleIndexes(row: ScheduleRow): ScheduleIndexes {
  const dueAtMs = scheduleDueAtMs(row);
  const isDeleted = row.state === 'deleted';
  return {
    ...(dueAtMs === undefined ? {} : { dueShard: dueShardOf(row.id), dueAtMs }),
    listShard: scheduleShard(isDeleted),
    listKey: `${row.project}#${row.name}`,
    ...(isDeleted
      ? { expiresAt: Math.floor(row.updatedAtMs / 1000) + limits.rowRetentionDays * 86_400 }
      : {}),
  };
}
