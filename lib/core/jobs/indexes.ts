import type { JobRow } from '#contracts/job-row.ts';
import { isTerminal } from '#contracts/job-states.ts';
import { limits, type Timings } from '#contracts/limits.ts';
import { priorityRank } from '#contracts/priorities.ts';

export interface JobIndexes {
  queuedShard?: string;
  queuedKey?: string;
  dueShard?: string;
  dueAtMs?: number;
  listShard: string;
  listKey: string;
  /** Unix seconds, for DynamoDB's own expiry. */
  expiresAt?: number;
}

/** Highest priority first, then the oldest. */
export function queuedKey(row: JobRow): string {
  return `${priorityRank(row.priority)}#${sortableMs(row.queuedAtMs ?? row.createdAtMs)}#${row.id}`;
}

export function listKey(row: JobRow): string {
  return `${sortableMs(row.createdAtMs)}#${row.id}`;
}

function sortableMs(ms: number): string {
  return String(ms).padStart(14, '0');
}

function shardOf(id: string): number {
  let sum = 0;
  for (const character of id) sum += character.charCodeAt(0);
  return sum % limits.dueShards;
}

export function dueShardOf(id: string): string {
  return `due-${shardOf(id)}`;
}

export function dueShards(): string[] {
  return Array.from({ length: limits.dueShards }, (_, shard) => `due-${shard}`);
}

/** A job in the queue that may be claimed at `nowMs`. */
export function isClaimable(row: JobRow, nowMs: number): boolean {
  return row.status === 'QUEUED' && (row.notBeforeMs ?? 0) <= nowMs && row.deadlineAtMs > nowMs;
}

/**
 * When the reconciler has to look at this row next, or undefined for never. A heartbeat moves the lease
 * without moving this: it may come early, never late.
 */
export function dueAtMs(row: JobRow, timings: Timings): number | undefined {
  const times = stateTimes(row);
  const hasOutbox = Object.keys(row.outbox).length > 0;
  if (hasOutbox) times.push(row.retryAtMs ?? row.updatedAtMs + timings.outboxRetrySeconds * 1000);
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

function stateTimes(row: JobRow): (number | undefined)[] {
  switch (row.status) {
    case 'BLOCKED':
      return [row.checkAtMs, row.deadlineAtMs];
    case 'QUEUED':
      return [row.notBeforeMs, row.deadlineAtMs];
    case 'STARTING':
    case 'RUNNING':
      return [row.leaseUntilMs, row.timeoutAtMs, row.deadlineAtMs];
    case 'STOPPING':
      return [row.retryAtMs ?? row.updatedAtMs];
    case 'SUCCEEDED':
    case 'FAILED':
    case 'TIMED_OUT':
    case 'CANCELLED':
      return [];
    default:
      return row.status satisfies never;
  }
}

/** What the indexes hold of a row. Sparse: an attribute that is not here takes the row out of that index. */
export function indexesOf(row: JobRow, timings: Timings): JobIndexes {
  const indexes: JobIndexes = { listShard: `job#${row.project}`, listKey: listKey(row) };
  if (row.status === 'QUEUED' && row.notBeforeMs === undefined) {
    indexes.queuedShard = row.lane;
    indexes.queuedKey = queuedKey(row);
  }
  const due = dueAtMs(row, timings);
  if (due !== undefined) {
    indexes.dueShard = dueShardOf(row.id);
    indexes.dueAtMs = due;
  }
  if (isTerminal(row.status) && row.endedAtMs !== undefined) {
    indexes.expiresAt = Math.floor(row.endedAtMs / 1000) + limits.rowRetentionDays * 86_400;
  }
  return indexes;
}
