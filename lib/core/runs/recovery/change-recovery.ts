import type { RecoveryRow } from '#contracts/recovery.ts';
import { tokenEntries } from '#core/jobs/tokens.ts';
import { type ChangeDeps, type ChangedRow, changeRow } from '../change-row.ts';
import type { RunDeps } from '../run-deps.ts';

export function changeRecovery(
  deps: ChangeDeps,
  id: string,
  decide: (row: RecoveryRow, nowMs: number) => RecoveryRow | undefined,
): Promise<ChangedRow<RecoveryRow>> {
  return changeRow(deps.clock, deps.runs.recoveries, id, `recovery "${id}"`, decide);
}

/** What the world has decided, or a stop has: the row first, then the waiting state is told. */
export function settleRecovery(
  row: RecoveryRow,
  status: Exclude<RecoveryRow['status'], 'WATCHING'>,
  nowMs: number,
): RecoveryRow {
  return { ...row, status, endedAtMs: nowMs, outbox: { ...row.outbox, ...tokenEntries(row) } };
}

/** Tells the states that wait. What fails stays in the row, which is due again. */
export async function relayRecovery(
  deps: ChangeDeps & Pick<RunDeps, 'workflow' | 'log' | 'metrics'>,
  row: RecoveryRow,
): Promise<RecoveryRow> {
  const told: string[] = [];
  for (const [entry, { token }] of Object.entries(row.outbox))
    try {
      await deps.workflow.succeed(token, { recovery: row.id, status: row.status });
      told.push(entry);
    } catch (error) {
      // Best effort is right here: the entry is still in the row, and the row is due.
      deps.metrics.count('DeliveryFailures');
      deps.log.warn('state not told of a recovery', { recovery: row.id, reason: String(error) });
    }
  if (told.length === 0) return row;
  const changed = await changeRecovery(deps, row.id, (current) => {
    const left = Object.entries(current.outbox).filter(
      ([entry, { token }]) => !told.includes(entry) || row.outbox[entry]?.token !== token,
    );
    return left.length === Object.keys(current.outbox).length
      ? undefined
      : { ...current, outbox: Object.fromEntries(left) };
  });
  return changed.row;
}

/** The cycle ends: nobody looks at the alarm any more. It may not have been begun yet. */
export async function cancelRecovery(
  deps: ChangeDeps & Pick<RunDeps, 'workflow' | 'log' | 'metrics'>,
  id: string,
): Promise<void> {
  if (!(await deps.runs.recoveries.get(id))) return;
  const { row } = await changeRecovery(deps, id, (current, nowMs) =>
    current.status === 'WATCHING' ? settleRecovery(current, 'CANCELLED', nowMs) : undefined,
  );
  await relayRecovery(deps, row);
}
