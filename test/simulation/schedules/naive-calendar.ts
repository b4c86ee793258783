import type { Rng } from '../rng.ts';

/** What a field allows; undefined is `*`. */
export interface CronShape {
  minutes: readonly number[];
  hours?: readonly number[] | undefined;
  days?: readonly number[] | undefined;
  months?: readonly number[] | undefined;
  /** 0 is Sunday. */
  weekdays?: readonly number[] | undefined;
}

export type ClockStory = 'plain' | 'put forward' | 'put back';
export interface NaiveTick {
  atMs: number;
  story: ClockStory;
}

const minuteMs = 60_000;
const hourMs = 3_600_000;

export function toCron({ minutes, hours, days, months, weekdays }: CronShape): string {
  return [minutes, hours, days, months, weekdays].map((field) => field?.join(',') ?? '*').join(' ');
}

export function makeShape(chance: Rng): CronShape {
  const minutes = chance.pick([[0], [0, 30], [0, 15, 30, 45], [7], [30], [59], every(5), every(1)]);
  const hours = chance.chance(0.6)
    ? undefined
    : chance.pick([[1], [2], [3], [1, 2, 3], [0, 6, 12, 18], [2, 14], every(1).slice(0, 24)]);
  const days = chance.chance(0.85)
    ? undefined
    : chance.pick([[1, 8, 29], [28, 29, 30, 31], every(1).slice(1, 26)]);
  const weekdays = chance.chance(0.8) ? undefined : chance.pick([[0], [0, 6], [1, 2, 3, 4, 5]]);
  return { minutes, hours, days, weekdays };
}

function every(step: number): number[] {
  return Array.from({ length: 60 / step }, (_, index) => index * step);
}

function allows({ minutes, hours, days, months, weekdays }: CronShape, wallMs: number): boolean {
  const wall = new Date(wallMs);
  const isIn = (field: readonly number[] | undefined, value: number) => field?.includes(value) ?? true;
  if (!minutes.includes(wall.getUTCMinutes()) || !isIn(hours, wall.getUTCHours())) return false;
  if (!isIn(months, wall.getUTCMonth() + 1)) return false;
  const isDay = isIn(days, wall.getUTCDate());
  const isWeekday = isIn(weekdays, wall.getUTCDay());
  // As cron has it: either of the two, where both are given.
  return days && weekdays ? isDay || isWeekday : isDay && isWeekday;
}

/** The clock of a zone, looked at once a minute with nothing but `Intl`: slow, and hard to get wrong. */
export class NaiveClock {
  readonly #walls: { atMs: number; wallMs: number }[] = [];

  constructor(timeZone: string, fromMs: number, untilMs: number) {
    const format = new Intl.DateTimeFormat('en-US', {
      ...{ timeZone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit' },
      ...{ hour: '2-digit', minute: '2-digit' },
    });
    // Some hours before, to know whether a time that is shown has been shown already.
    const firstMs = Math.floor(fromMs / minuteMs) * minuteMs - 4 * hourMs;
    for (let atMs = firstMs; atMs <= untilMs; atMs += minuteMs) {
      const [month = 0, day = 0, year = 0, hour = 0, minute = 0] =
        format.format(atMs).match(/\d+/g)?.map(Number) ?? [];
      this.#walls.push({ atMs, wallMs: Date.UTC(year, month - 1, day, hour, minute) });
    }
  }

  ticks(shape: CronShape): NaiveTick[] {
    const ticks = new Map<number, ClockStory>();
    let last: number | undefined;
    let highest = 0;
    for (const { atMs, wallMs } of this.#walls) {
      const nextWallMs = last === undefined ? wallMs : last + minuteMs;
      // A time of day that the clock has jumped over comes later by as much.
      for (let left = nextWallMs; left < wallMs; left += minuteMs)
        if (shape.hours && allows(shape, left)) ticks.set(atMs + left - nextWallMs, 'put forward');
      const isAgain = wallMs <= highest;
      if (allows(shape, wallMs) && (!isAgain || !shape.hours) && !ticks.has(atMs))
        ticks.set(atMs, isAgain ? 'put back' : 'plain');
      last = wallMs;
      highest = Math.max(highest, wallMs);
    }
    return [...ticks].map(([atMs, story]) => ({ atMs, story })).sort((a, b) => a.atMs - b.atMs);
  }
}
