import type { EndedTick, ScheduleRow } from '#contracts/schedule.ts';
import type { Actor } from '../actor.ts';
import type { Mutant, MutantPlace } from '../mutant.ts';
import { memory } from '../mutant-tools.ts';
import type { World } from '../world.ts';
import type { SimScheduleDeps } from './schedule-deps.ts';

type Change = (deps: SimScheduleDeps, place: MutantPlace) => Partial<SimScheduleDeps>;
type Write = (row: ScheduleRow, before: ScheduleRow | undefined, actor: Actor) => ScheduleRow;

function mutant(name: string, bug: string, change: Change): Mutant {
  return {
    ...{ name, bug, isOfSchedules: true },
    scheduleDeps: (deps, place) => ({ ...deps, ...change(deps, place) }),
  };
}

/** The row is written with a change to it. */
function writing(name: string, bug: string, write: Write): Mutant {
  return mutant(name, bug, ({ schedules }, { world, actor }) => ({
    schedules: {
      ...schedules,
      replace: (row) => schedules.replace(write(row, stored(world, row), actor)),
    },
  }));
}

function stored(world: World, { id }: ScheduleRow): ScheduleRow | undefined {
  return world.schedules.rows.get(id);
}

/** The digest that keys are made of, of another text. */
function keyed(name: string, bug: string, rewrite: (text: string, place: MutantPlace) => string): Mutant {
  return mutant(name, bug, ({ digest }, place) => ({
    digest: {
      ...digest,
      sha256: (text) => digest.sha256(/\nschedule schedule-/.test(text) ? rewrite(text, place) : text),
    },
  }));
}

/** Neither the list nor the counters say anything of these. */
function without(row: ScheduleRow, isLeftOut: (ended: EndedTick) => boolean): ScheduleRow {
  const counts = { ...row.counts };
  for (const { outcome, count } of row.recent.filter(isLeftOut)) counts[outcome] -= count;
  return { ...row, counts, recent: row.recent.filter((ended) => !isLeftOut(ended)) };
}

const calls = memory(() => ({ count: 0 }));
const firstLook = memory(() => new Map<string, unknown>());
const pausedAt = memory(() => new Map<string, number>());

/** Bugs of who starts what when, and of what is written down about it. */
export const scheduleMutants: readonly Mutant[] = [
  mutant(
    'start-before-claim',
    'a tick is started before anybody has claimed it',
    ({ schedules }, { world }) => ({
      schedules: {
        ...schedules,
        replace: async (row) => {
          const isClaim = row.pending?.state === 'starting' && !stored(world, row)?.pending;
          return isClaim ? stored(world, row)?.version === row.version - 1 : schedules.replace(row);
        },
      },
    }),
  ),
  keyed('key-without-tick', 'the key of a start is the same for all ticks', (text) =>
    text.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z$/, ''),
  ),
  keyed('key-by-try', 'each try of a start has a key of its own', (text, place) => {
    calls(place).count += 1;
    return `${text} ${calls(place).count}`;
  }),
  writing('next-from-now', 'the next tick is counted from now instead of from the tick', (row, before) =>
    row.when.everySeconds !== undefined && before?.nextAtMs !== row.nextAtMs && row.nextAtMs !== undefined
      ? { ...row, nextAtMs: row.updatedAtMs + row.when.everySeconds * 1000 }
      : row,
  ),
  writing('missed-not-told', 'ticks that were missed are left out', (row) =>
    without(row, ({ outcome }) => outcome === 'missed'),
  ),
  writing('missed-counted-once', 'ticks that were missed together count as one', (row) => ({
    ...row,
    recent: row.recent.map((ended) => (ended.outcome === 'missed' ? { ...ended, count: 1 } : ended)),
  })),
  writing('older-tick-dropped', 'of several ticks that are due only the last is written down', (row) =>
    without(row, ({ reason }) => reason === 'superseded'),
  ),
  mutant(
    'overlap-read-stale',
    'whether something runs is asked once and believed for ever',
    ({ store }, place) => ({
      store: {
        ...store,
        get: async (id) => {
          const known = firstLook(place);
          if (!known.has(id)) {
            const row = await store.get(id);
            if (row && row.status !== 'QUEUED') known.set(id, row);
            return row;
          }
          return known.get(id) as Awaited<ReturnType<typeof store.get>>;
        },
      },
    }),
  ),
  writing('overlap-not-asked', 'nobody remembers what was started last', ({ active: _, ...row }) => row),
  mutant(
    'claim-unconditional',
    'a claim is written over whatever happened since',
    ({ schedules }, { world, actor }) => ({
      schedules: {
        ...schedules,
        replace: async (row) => {
          // The way that the write takes to the table.
          const truth = await schedules.get(row.id);
          if (truth) world.as(actor, () => world.schedules.write({ ...row, version: truth.version + 1 }));
          return truth !== undefined;
        },
      },
    }),
  ),
  writing('no-lease', 'a claim whose owner has died is never taken up again', (row) =>
    row.pending?.state === 'starting'
      ? { ...row, pending: { ...row.pending, dueAtMs: row.pending.atMs + 10 ** 12 } }
      : row,
  ),
  mutant(
    'resume-makes-up',
    'a resumed schedule makes up for the ticks of its pause',
    ({ schedules }, place) => ({
      schedules: {
        ...schedules,
        replace: (row) => {
          const before = stored(place.world, row);
          if (before?.nextAtMs !== undefined) pausedAt(place).set(row.id, before.nextAtMs);
          const isResumed = before?.state === 'paused' && row.state === 'active';
          const nextAtMs = isResumed ? pausedAt(place).get(row.id) : row.nextAtMs;
          return schedules.replace(nextAtMs === undefined ? row : { ...row, nextAtMs });
        },
      },
    }),
  ),
  writing('pause-forgets', 'a pause drops the ticks that were due, and tells nobody', (row) =>
    without(row, ({ reason }) => reason === 'paused'),
  ),
  mutant('switch-not-asked', 'ticks do not ask for the kill switch', ({ slots }) => ({
    slots: { ...slots, read: async (lane) => ({ ...(await slots.read(lane)), stopped: undefined }) },
  })),
  mutant('rights-not-asked', 'whoever has lost their rights goes on', ({ access }) => ({
    access: Object.fromEntries(
      Object.entries(access).map(([arn, entry]) => [arn, { ...entry, projects: '*' as const }]),
    ),
  })),
  mutant('clock-of-utc', 'the hour of a zone is taken for the hour of UTC', ({ calendar }) => ({
    calendar: { next: ({ cron }, afterMs) => calendar.next({ cron }, afterMs) },
  })),
  mutant('hour-lost', 'a time that the clock jumps over does not come', ({ calendar }) => ({
    calendar: {
      next: (when, afterMs) => {
        const at = calendar.next(when, afterMs);
        return at !== undefined && isJump(when.timeZone, at) ? calendar.next(when, at) : at;
      },
    },
  })),
  mutant(
    'skips-the-next',
    'a tick that comes within the minute after the last is passed over',
    ({ calendar }) => ({
      calendar: { next: (when, afterMs) => calendar.next(when, afterMs + 60_000) },
    }),
  ),
  writing('cooldown-not-kept', 'nobody remembers until when an alarm is to start nothing', (row) => {
    const { quietUntilMs: _, ...rest } = row;
    return rest;
  }),
  writing('ring-not-held', 'an alarm that goes off within the cooldown is dropped', (row) => {
    const { held: _, ...rest } = row;
    return rest;
  }),
  mutant('alarm-taken-for-over', 'what was held is dropped without a look at the alarm', ({ alarms }) => ({
    alarms: {
      read: async (name) => ({ ...(await alarms.read(name)), state: 'OK', reason: 'not looked at' }),
    },
  })),
  mutant('alarm-taken-for-ringing', 'what was held is started without a look at the alarm', ({ alarms }) => ({
    alarms: {
      read: async (name) => ({ ...(await alarms.read(name)), state: 'ALARM', reason: 'not looked at' }),
    },
  })),
  writing('news-not-known', 'who has told of an alarm already is forgotten', (row) => ({
    ...row,
    recent: row.recent.map((ended) =>
      ended.cause === 'alarm' && ended.outcome === 'started' ? { ...ended, id: `${ended.id} (seen)` } : ended,
    ),
  })),
  mutant('nobody-looks', 'the reconciler does not hand over what is due', () => ({
    scheduler: { send: async () => undefined },
  })),
];

const hourMs = 3_600_000;

/** Clocks were put forward within the last hour. */
function isJump(timeZone = 'UTC', atMs: number): boolean {
  const wall = (ms: number) => Date.parse(`${new Date(ms).toLocaleString('sv-SE', { timeZone })}Z`);
  return wall(atMs) - wall(atMs - hourMs) > hourMs;
}
