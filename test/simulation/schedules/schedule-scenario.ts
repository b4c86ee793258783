import type { OverlapPolicy } from '#contracts/schedule.ts';
import type { Rng } from '../rng.ts';
import { type CronShape, makeShape, toCron } from './naive-calendar.ts';
import { type SimAlarmName, simAlarmNames } from './sim-alarms.ts';

const hourMs = 3_600_000;
const zones = ['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata'] as const;
type Zone = (typeof zones)[number];

export interface Season {
  /** Its clock is worth looking at in these days. */
  zone: Zone;
  startMs: number;
}

/** Days around which clocks are put forward or back, by an hour or by half of one, a leap day, and any other. */
const seasons = [
  ['2026-03-07', 'America/New_York'],
  ['2026-03-28', 'Europe/Berlin'],
  ['2026-04-04', 'Australia/Lord_Howe'],
  ['2026-10-03', 'Australia/Lord_Howe'],
  ['2026-10-24', 'Europe/Berlin'],
  ['2026-10-31', 'America/New_York'],
  ['2028-02-28', 'UTC'],
  ['2026-06-10', 'Asia/Kolkata'],
] as const;

export function makeSeason(chance: Rng): Season {
  const [day, zone] = chance.pick<readonly [string, Zone]>(seasons);
  const startMs = Date.parse(`${day}T00:00:00Z`) + chance.int(-12, 6) * hourMs + chance.int(0, 59_999);
  return { zone, startMs };
}

export type Rhythm =
  | { everySeconds: number }
  | { shape: CronShape; timeZone: Zone }
  | { alarm: SimAlarmName; cooldownMinutes: number };

/** One life of a schedule: what `POST /schedules` is told, and how long what it starts takes. */
export interface ScheduleSpec {
  rhythm: Rhythm;
  overlap: OverlapPolicy;
  startsAfterMs: number | undefined;
  /** From when on the schedule has no more ticks. */
  endsAfterMs: number | undefined;
  startsRuns: boolean;
  workSeconds: [from: number, to: number];
}

/** The same, but that an alarm starts it. */
export function makeAlarmedSpec(chance: Rng, season: Season): ScheduleSpec {
  const cooldownMinutes = chance.pick([0, 1, 5, 15, 15, 60]);
  return { ...makeSpec(chance, season), rhythm: { alarm: chance.pick(simAlarmNames), cooldownMinutes } };
}

export function makeSpec(chance: Rng, { zone }: Season): ScheduleSpec {
  const startsAfterMs = chance.chance(0.2) ? chance.int(1, 12) * hourMs : undefined;
  return {
    rhythm: chance.chance(0.35)
      ? { everySeconds: chance.pick([60, 61, 90, 300, 600, 1_000, 1_800, 3_600, 7_200]) }
      : { shape: makeShape(chance), timeZone: chance.chance(0.6) ? zone : chance.pick(zones) },
    overlap: chance.pick(['forbid', 'queue', 'replace']),
    startsAfterMs,
    endsAfterMs: chance.chance(0.15) ? (startsAfterMs ?? 0) + chance.int(30, 90) * hourMs : undefined,
    startsRuns: chance.chance(0.25),
    workSeconds: chance.pick([
      [5, 40],
      [5, 40],
      [30, 900],
      [600, 9_000],
    ]),
  };
}

export function toRequest(spec: ScheduleSpec, name: string, nowMs: number): Record<string, unknown> {
  const { rhythm, overlap, startsAfterMs, endsAfterMs, startsRuns } = spec;
  const at = (afterMs: number) => new Date(Math.floor((nowMs + afterMs) / 1000) * 1000).toISOString();
  return {
    name,
    // A project of its own tells which schedule has started something.
    project: name,
    when: 'shape' in rhythm ? { cron: toCron(rhythm.shape), timeZone: rhythm.timeZone } : rhythm,
    starts: startsRuns
      ? { run: { team: 'small', objective: 'Look after it.', budgetUsd: 1, maxCycles: 1 } }
      : { job: { type: 'echo', payload: { message: 'tick' }, budgetUsd: 1 } },
    overlap,
    ...(startsAfterMs === undefined ? {} : { startsAt: at(startsAfterMs) }),
    ...(endsAfterMs === undefined ? {} : { endsAt: at(endsAfterMs) }),
  };
}
