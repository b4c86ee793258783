import type { AlarmEvent, AlarmFacts } from '#contracts/alarm-event.ts';
import { limits } from '#contracts/limits.ts';
import type { ScheduleRow, Tick } from '#contracts/schedule.ts';
import { alarmPrefix } from '#contracts/settings.ts';
import type { LookDeps } from '#core/runs/recovery/look-at-recovery.ts';
import { lookAtRecovery } from '#core/runs/recovery/look-at-recovery.ts';
import { judge, type Surroundings } from './advance.ts';
import { take } from './fire-schedule.ts';
import { lookAround } from './look-around.ts';
import type { ScheduleDeps } from './schedule-deps.ts';
import { cooldownMs, skipped, withEnding, withoutHeld } from './settle.ts';

const rounds = 40;

/**
 * An alarm has changed: whoever waits for it looks at once, and where it has gone off, schedules that name it tick.
 * The same change may be told twice, late, and in any order.
 *
 * @throws what a schedule could not be read or written with, so that the event comes again
 */
export async function fireAlarm(deps: ScheduleDeps & LookDeps, { state, facts }: AlarmEvent): Promise<void> {
  const waits = await deps.runs.watched();
  for (const { id } of waits.filter(({ key }) => isNamed(alarmOf(key), facts.name)))
    await lookSooner(deps, id);
  if (state !== 'ALARM') return;
  const schedules = await deps.schedules.onAlarms();
  const ticked = await Promise.allSettled(schedules.map(({ id }) => tickOf(deps, id, facts)));
  for (const result of ticked) if (result.status === 'rejected') throw result.reason;
}

/** `<alarm>#<id>`; only the id has no such sign. */
function alarmOf(key: string): string {
  return key.slice(0, key.lastIndexOf('#'));
}

/** Ours go without their prefix, too. */
function isNamed(wanted: string | undefined, name: string): boolean {
  return wanted === name || `${alarmPrefix}${wanted}` === name;
}

async function lookSooner(deps: LookDeps, id: string): Promise<void> {
  try {
    await lookAtRecovery(deps, id);
  } catch (error) {
    // A hint: it is due within a minute all the same.
    deps.log.warn('recovery not looked at', { recovery: id, reason: String(error) });
  }
}

/** One change of the alarm is one tick, however often it is told: its id is the time of the change. */
async function tickOf(deps: ScheduleDeps, id: string, facts: AlarmFacts): Promise<void> {
  const tick: Tick = {
    id: `alarm-${new Date(facts.sinceMs).toISOString()}`,
    ...{ atMs: facts.sinceMs, cause: 'alarm', alarm: facts },
  };
  for (let round = 0; round < rounds; round++) {
    const row = await deps.schedules.get(id);
    if (!row || !isMeant(row, facts) || isKnown(row, tick)) return;
    const around = await lookAround(deps, row);
    const { active: _, ...idle } = row;
    const nowMs = deps.clock.nowMs();
    const decided = decide(deps, around.isBusy ? row : idle, tick, around, nowMs);
    if (await take(deps, row, decided, nowMs)) return;
  }
  throw new Error(`schedule ${id} is being changed by others`);
}

/** What went off before the schedule was made may have been another one's of that name. */
function isMeant(row: ScheduleRow, { name, sinceMs }: AlarmFacts): boolean {
  const { createdAtMs, startsAtMs = createdAtMs, endsAtMs = Number.POSITIVE_INFINITY } = row;
  const isInTime = sinceMs >= startsAtMs && sinceMs <= endsAtMs;
  return row.state === 'active' && isInTime && isNamed(row.when.alarm, name);
}

function isKnown({ pending, held, recent }: ScheduleRow, { id }: Tick): boolean {
  return pending?.id === id || held?.id === id || recent.some((tick) => tick.id === id);
}

function decide(
  deps: ScheduleDeps,
  row: ScheduleRow,
  tick: Tick,
  around: Surroundings,
  nowMs: number,
): ScheduleRow {
  if (tick.atMs < nowMs - limits.tickGraceSeconds * 1000)
    return withEnding(row, tick, { outcome: 'missed' }, nowMs);
  const mayStart = !around.isStopped && around.refusal === undefined;
  if (mayStart && isQuiet(row, nowMs)) return hold(row, tick, nowMs);
  const { held } = row;
  const open = held && mayStart ? skipped(withoutHeld(row), held, 'superseded', nowMs) : row;
  return judge(deps.settings.timings, open, tick, around, nowMs);
}

/** Until when it is quiet after a start that is on its way, that start will say. */
function isQuiet({ pending, quietUntilMs = 0 }: ScheduleRow, nowMs: number): boolean {
  return nowMs < quietUntilMs || pending?.state === 'starting';
}

/**
 * Only the latest is held: at its turn the alarm rings or does not, however often it has gone off before. News that
 * are older than the last start come after what was done about them.
 */
function hold(row: ScheduleRow, tick: Tick, nowMs: number): ScheduleRow {
  const { held, quietUntilMs = 0, when } = row;
  if (tick.atMs < quietUntilMs - cooldownMs(when)) return skipped(row, tick, 'cooldown', nowMs);
  if (held && held.atMs > tick.atMs) return skipped(row, tick, 'superseded', nowMs);
  return { ...(held ? skipped(row, held, 'superseded', nowMs) : row), held: tick };
}
