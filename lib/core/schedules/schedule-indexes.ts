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

/** One list for all projects, and one more for those that alarms start: their number is bounded. */
export const scheduleShards = {
  clock: 'schedule',
  alarm: 'schedule#alarm',
  deleted: 'schedule#deleted',
} as const;

function shardOf({ state, when }: ScheduleRow): string {
  if (state === 'deleted') return scheduleShards.deleted;
  return when.alarm === undefined ? scheduleShards.clock : scheduleShards.alarm;
}

/** When somebody has to look at it, or undefined for never. */
export function scheduleDueAtMs(row: ScheduleRow): number | undefined {
  const { state, nextAtMs, pending } = row;
  const times = [state === 'active' ? nextAtMs : undefined, pending?.dueAtMs ?? heldUntilMs(row)];
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

/** What is on its way goes first: how that ends says until when it is quiet. */
function heldUntilMs({ held, quietUntilMs = 0 }: ScheduleRow): number | undefined {
  return held && Math.max(held.atMs, quietUntilMs);
}

export function scheduleIndexes(row: ScheduleRow): ScheduleIndexes {
  const dueAtMs = scheduleDueAtMs(row);
  const isDeleted = row.state === 'deleted';
  return {
    ...(dueAtMs === undefined ? {} : { dueShard: dueShardOf(row.id), dueAtMs }),
    listShard: shardOf(row),
    listKey: `${row.project}#${row.name}`,
    ...(isDeleted
      ? { expiresAt: Math.floor(row.updatedAtMs / 1000) + limits.rowRetentionDays * 86_400 }
      : {}),
  };
}
