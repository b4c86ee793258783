import type { RecoveryRow, RecoveryWanted } from '#contracts/recovery.ts';
import { tokensOf, withToken } from '#core/jobs/tokens.ts';
import type { RunDeps } from '../run-deps.ts';
import { say } from '../say.ts';
import { changeRecovery, relayRecovery } from './change-recovery.ts';

export interface WantedRecovery {
  id: string;
  run: string;
  cycle: number;
  wanted: RecoveryWanted;
  token: string;
}

/**
 * The watch of this id, which tells this token when the alarm is over or its time is: begun where there is none, told
 * at once where it has ended. Nothing runs meanwhile: the row is due when somebody has to look.
 */
export async function ensureRecovery(deps: RunDeps, asked: WantedRecovery): Promise<RecoveryRow> {
  const found = (await deps.runs.recoveries.get(asked.id)) ?? (await begin(deps, asked));
  const { row } = await changeRecovery(deps, found.id, (current) =>
    current.status !== 'WATCHING' || tokensOf(current).includes(asked.token)
      ? undefined
      : withToken(current, asked.token),
  );
  if (row.status !== 'WATCHING')
    await deps.workflow.succeed(asked.token, { recovery: row.id, status: row.status });
  return relayRecovery(deps, row);
}

async function begin(deps: RunDeps, { wanted, ...fields }: WantedRecovery): Promise<RecoveryRow> {
  const nowMs = deps.clock.nowMs();
  const { alarm, withinMinutes, steadyMinutes } = wanted;
  const row: RecoveryRow = {
    schemaVersion: 1,
    version: 1,
    ...fields,
    alarm,
    steadyMs: Math.round(steadyMinutes * 60_000),
    status: 'WATCHING',
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    lookAtMs: nowMs,
    endsAtMs: nowMs + Math.round(withinMinutes * 60_000),
    outbox: {},
  };
  if (!(await deps.runs.recoveries.create(row))) return (await deps.runs.recoveries.get(row.id)) ?? row;
  await say(deps, row.run, {
    type: 'recovery',
    message: `Watches the alarm ${alarm}: it has to be OK for ${steadyMinutes} min, within ${withinMinutes} min`,
    status: row.status,
  });
  return row;
}
