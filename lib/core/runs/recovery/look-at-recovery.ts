import { limits } from '#contracts/limits.ts';
import type { AlarmSeen, RecoveryRow } from '#contracts/recovery.ts';
import type { AlarmStates } from '#core/ports/alarm-states.ts';
import type { ChangeDeps } from '../change-row.ts';
import type { RunDeps } from '../run-deps.ts';
import { type SayDeps, say } from '../say.ts';
import { changeRecovery, relayRecovery, settleRecovery } from './change-recovery.ts';
import { recoverySentence } from './recovery-sentence.ts';

export type LookDeps = ChangeDeps & SayDeps & Pick<RunDeps, 'workflow'> & { alarms: AlarmStates };

/** The reconciler, which is the clock, comes once a minute; CloudWatch judges an alarm no more often. */
const lookEveryMs = 60_000;

/**
 * Looks at the alarm that a cycle waits for, and ends the wait when it has been OK for long enough or its time is
 * over. May come at any time and any number of times, from the clock and from the alarm's own events.
 */
export async function lookAtRecovery(deps: LookDeps, id: string): Promise<RecoveryRow | undefined> {
  const found = await deps.runs.recoveries.get(id);
  if (!found) return undefined;
  if (found.status !== 'WATCHING') return relayRecovery(deps, found);
  const seen = await look(deps, found);
  // Two may look at once:   A: look OK ───────────────────────▶ write: refused, B's look is later
  //                         B:          look ALARM ─▶ write
  const { row, before } = await changeRecovery(deps, id, (current, nowMs) =>
    current.status !== 'WATCHING' || (current.seen?.atMs ?? 0) > seen.atMs
      ? undefined
      : judge(current, seen, nowMs),
  );
  if (row !== before) await tell(deps, before, row);
  return relayRecovery(deps, row);
}

async function look({ alarms, clock, log }: LookDeps, { alarm, id }: RecoveryRow): Promise<AlarmSeen> {
  const atMs = clock.nowMs();
  try {
    return { ...((await alarms.read(alarm)) ?? missing(alarm)), atMs };
  } catch (error) {
    // What cannot be looked at is not over: the row says why, and its time runs on.
    log.warn('alarm not read', { recovery: id, alarm, reason: String(error) });
    return { state: 'UNKNOWN', reason: couldNot(error), atMs };
  }
}

function couldNot(error: unknown): string {
  return `it could not be looked at: ${String(error)}`.slice(0, limits.alarmTextCharacters);
}

function missing(alarm: string): Omit<AlarmSeen, 'atMs'> {
  return { state: 'MISSING', reason: `CloudWatch has no alarm "${alarm}"` };
}

function judge(row: RecoveryRow, seen: AlarmSeen, nowMs: number): RecoveryRow {
  const okSinceMs = okSince(row, seen);
  const looked = { ...row, seen, okSinceMs };
  const steadyAtMs = okSinceMs === undefined ? undefined : okSinceMs + row.steadyMs;
  if (steadyAtMs !== undefined && seen.atMs >= steadyAtMs) return settleRecovery(looked, 'RECOVERED', nowMs);
  if (nowMs >= row.endsAtMs) return settleRecovery(looked, 'NOT_RECOVERED', nowMs);
  return { ...looked, lookAtMs: Math.min(nowMs + lookEveryMs, steadyAtMs ?? row.endsAtMs, row.endsAtMs) };
}

/** Only what was watched counts: that it was OK before the actions were done says nothing about them. */
function okSince(row: RecoveryRow, { state, sinceMs, atMs }: AlarmSeen): number | undefined {
  if (state !== 'OK') return undefined;
  return Math.max(sinceMs ?? row.okSinceMs ?? atMs, row.createdAtMs);
}

async function tell(deps: LookDeps, before: RecoveryRow, row: RecoveryRow): Promise<void> {
  if (row.status === 'WATCHING' && row.seen?.state === before.seen?.state) return;
  await say(deps, row.run, { type: 'recovery', message: recoverySentence(row), status: row.status });
}
