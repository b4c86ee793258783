import { Cron } from 'croner';
import { AppError } from '#contracts/errors.ts';
import type { Calendar, CronTime } from '#core/ports/calendar.ts';
import { makeZoneOffset } from './zone-offset.ts';

/** Numbers, names, `*`, lists, ranges, steps: what every cron has. Croner would take more, and others would not. */
const fieldForm = /^(\*|\w{1,3}(-\w{1,3})?)(\/\d{1,2})?(,(\*|\w{1,3}(-\w{1,3})?)(\/\d{1,2})?)*$/;
const value = /^(\d{1,2}|[a-z]{3})$/i;

interface Clockwork {
  /** The next match on a clock that never changes, as if it showed UTC. */
  nextWall(afterMs: number): number | undefined;
  offsetAt(atMs: number): number;
  isHourly: boolean;
}

/** Croner reads the expression and finds its matches on the clock; when the clock shows them is worked out here. */
export function makeCalendar(): Calendar {
  const known = new Map<string, Clockwork>();
  return {
    next(when, afterMs) {
      const key = `${when.timeZone ?? 'UTC'} ${when.cron}`;
      const work = known.get(key) ?? makeClockwork(when);
      known.set(key, work);
      return nextTick(work, afterMs);
    },
  };
}

/**
 * Clocks that go back show earlier times again, so what is next in time need not be next on the clock: the search
 * begins at the lowest that the clock can show after `afterMs`, and ends when nothing later could come sooner.
 */
function nextTick(work: Clockwork, afterMs: number): number | undefined {
  const { nextWall, offsetAt } = work;
  const offset = offsetAt(afterMs);
  const around = changeAround(offsetAt, afterMs);
  let best: number | undefined;
  let wall = nextWall(afterMs + Math.min(around.before, around.after));
  for (; wall !== undefined; wall = nextWall(wall)) {
    const change = changeAround(offsetAt, wall - offset);
    if (best !== undefined && wall - Math.max(change.before, change.after) >= best) return best;
    for (const at of ticksAt(work, wall, change))
      if (at > afterMs && (best === undefined || at < best)) best = at;
    if (best !== undefined && change.before === change.after) return best;
  }
  return best;
}

interface Change {
  before: number;
  after: number;
}

/** No two changes are so close together, and none is so large. */
const nearMs = 3 * 3_600_000;

function changeAround(offsetAt: Clockwork['offsetAt'], atMs: number): Change {
  return { before: offsetAt(atMs - nearMs), after: offsetAt(atMs + nearMs) };
}

/** When a clock shows this time: once, or twice where it goes back over it; never where it jumps over it. */
function ticksAt({ offsetAt, isHourly }: Clockwork, wall: number, { before, after }: Change): number[] {
  const shown = [...new Set([wall - before, wall - after])].filter((at) => offsetAt(at) === wall - at);
  const times = shown.sort((a, b) => a - b);
  if (isHourly) return times;
  return times.length === 0 ? [wall - before] : times.slice(0, 1);
}

function makeClockwork(when: CronTime): Clockwork {
  const pattern = requirePattern(when.cron);
  return {
    nextWall: (afterMs) => pattern.nextRun(new Date(Math.floor(afterMs / 1000) * 1000))?.getTime(),
    offsetAt: requireZone(when.timeZone ?? 'UTC'),
    isHourly: when.cron.trim().split(/\s+/)[1] === '*',
  };
}

function requirePattern(cron: string): Cron {
  const fields = cron.trim().split(/\s+/);
  if (fields.length !== 5)
    throw notCron(cron, `it has ${fields.length} fields; seconds and years cannot be given`);
  const strange = fields.find((field) => !fieldForm.test(field) || !isPlain(field));
  if (strange !== undefined) throw notCron(cron, `"${strange}" is not a number, name, list, range or step`);
  try {
    return new Cron(fields.join(' '), { mode: '5-part', utcOffset: 0, paused: true });
  } catch (cause) {
    const said = cause instanceof Error ? cause.message.replace(/^CronPattern: /, '') : 'it cannot be read';
    throw notCron(cron, said, cause);
  }
}

function isPlain(field: string): boolean {
  const values = field.split(/[,-]/).map((part) => part.split('/')[0] ?? '');
  return values.every((each) => each === '*' || value.test(each));
}

function notCron(cron: string, why: string, cause?: unknown): AppError {
  return new AppError('invalid_request', `"${cron}" is not a cron expression: ${why}`, {
    cause,
    remedy: 'give five fields: minute, hour, day of the month, month, day of the week; like "0 9 * * 1"',
  });
}

function requireZone(timeZone: string): (atMs: number) => number {
  try {
    return makeZoneOffset(timeZone);
  } catch (cause) {
    throw new AppError('invalid_request', `there is no time zone "${timeZone}"`, {
      cause,
      remedy: 'give a name of the IANA list, like Europe/Berlin or America/New_York',
    });
  }
}
