import type { GateRow } from '#contracts/gate.ts';
import { limits, type Timings } from '#contracts/limits.ts';
import type { RecoveryRow } from '#contracts/recovery.ts';
import type { RunRow } from '#contracts/run-row.ts';
import { dueShardOf } from '#core/jobs/indexes.ts';

export interface RunIndexes {
  dueShard?: string;
  dueAtMs?: number;
  listShard: string;
  listKey: string;
  expiresAt?: number;
}

export function runShard(project: string): string {
  return `run#${project}`;
}

/** What waits has a list of its own: it is asked for far more often than what was decided. */
export function gateShard(project: string, isPending: boolean): string {
  return `gate#${project}#${isPending ? 'pending' : 'decided'}`;
}

function listKey(createdAtMs: number, id: string): string {
  return `${String(createdAtMs).padStart(14, '0')}#${id}`;
}

/** When the reconciler has to look at this run, or undefined for never. */
export function runDueAtMs(run: RunRow, timings: Timings): number | undefined {
  const times = Object.values(run.outbox).map((entry) =>
    entry.kind === 'start' && entry.notBeforeMs !== undefined
      ? Math.max(entry.notBeforeMs, run.updatedAtMs)
      : run.updatedAtMs + timings.outboxRetrySeconds * 1000,
  );
  if (run.checkAtMs !== undefined) times.push(run.checkAtMs);
  return times.length === 0 ? undefined : Math.min(...times);
}

const hourMs = 3_600_000;

/** When people are told that its time is nearly over: in its last quarter, at most four hours before the end. */
export function gateWarnAtMs({ createdAtMs, expiresAtMs }: GateRow): number {
  return Math.round(expiresAtMs - Math.min(4 * hourMs, (expiresAtMs - createdAtMs) / 4));
}

export function gateDueAtMs(gate: GateRow, timings: Timings): number | undefined {
  const times = Object.keys(gate.outbox).map(() => gate.updatedAtMs + timings.outboxRetrySeconds * 1000);
  if (gate.status === 'PENDING')
    times.push(gate.warnedAtMs === undefined ? gateWarnAtMs(gate) : gate.expiresAtMs);
  return times.length === 0 ? undefined : Math.min(...times);
}

function withDue(id: string, due: number | undefined): Pick<RunIndexes, 'dueShard' | 'dueAtMs'> {
  return due === undefined ? {} : { dueShard: dueShardOf(id), dueAtMs: due };
}

export function runIndexes(run: RunRow, timings: Timings): RunIndexes {
  return {
    ...withDue(run.id, runDueAtMs(run, timings)),
    listShard: runShard(run.project),
    listKey: listKey(run.createdAtMs, run.id),
    ...(run.endedAtMs === undefined ? {} : { expiresAt: expiryOf(run.endedAtMs) }),
  };
}

export function gateIndexes(gate: GateRow, timings: Timings): RunIndexes {
  return {
    ...withDue(gate.id, gateDueAtMs(gate, timings)),
    listShard: gateShard(gate.project, gate.status === 'PENDING'),
    listKey: listKey(gate.createdAtMs, gate.id),
    ...(gate.decidedAtMs === undefined ? {} : { expiresAt: expiryOf(gate.decidedAtMs) }),
  };
}

export const recoveryShard = 'recovery';

/** Listed by its alarm while it waits; then it is reached from its run. */
export function recoveryIndexes(row: RecoveryRow, timings: Timings): Partial<RunIndexes> {
  return {
    ...withDue(row.id, recoveryDueAtMs(row, timings)),
    ...(row.status === 'WATCHING' ? { listShard: recoveryShard, listKey: `${row.alarm}#${row.id}` } : {}),
    ...(row.endedAtMs === undefined ? {} : { expiresAt: expiryOf(row.endedAtMs) }),
  };
}

function recoveryDueAtMs(row: RecoveryRow, timings: Timings): number | undefined {
  if (row.status === 'WATCHING') return row.lookAtMs;
  const isTold = Object.keys(row.outbox).length === 0;
  return isTold ? undefined : row.updatedAtMs + timings.outboxRetrySeconds * 1000;
}

/** Runs are what people look up later: they outlive their jobs' rows. */
function expiryOf(ms: number): number {
  return Math.floor(ms / 1000) + limits.runRetentionDays * 86_400;
}
