import * as z from 'zod';
import { projectName } from './access.ts';
import { alarmFacts } from './alarm-event.ts';
import { jobRequest } from './job-request.ts';
import { limits } from './limits.ts';
import { alarmName } from './recovery.ts';
import { runRequest } from './run-request.ts';
import { ms, time } from './scalars.ts';

const count = z.number().int().nonnegative();

export const scheduleName = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9-]{0,63}$/,
    'must be 1–64 lower-case letters, digits and dashes, not starting with a dash',
  );

/** Follows from project and name. */
export const scheduleId = z
  .string()
  .regex(/^schedule-[0-9a-f]{16}$/, 'must be a schedule id like schedule-0123456789abcdef');

const typedTime = z.iso.datetime('must be a time in UTC, like 2027-01-01T08:00:00Z');

const zoneName = z
  .string()
  .regex(/^[A-Za-z0-9+_/-]{1,64}$/, 'must be a time zone of the IANA list, like Europe/Berlin');

const oneWhen = ['cron', 'everySeconds', 'alarm'] as const;

/** When it ticks. */
export const scheduleWhen = z
  .strictObject({
    /** Five fields: minute, hour, day of the month, month, day of the week. */
    cron: z.string().min(1).max(200).optional(),
    /** The zone whose clock the five fields read. Default: UTC. */
    timeZone: zoneName.optional(),
    /** Counted from `startsAt`, or from the moment when the schedule was made. */
    everySeconds: z
      .number()
      .int()
      .min(
        limits.scheduleSecondsMin,
        `must be at least ${limits.scheduleSecondsMin}: nothing ticks more often`,
      )
      .max(limits.scheduleSecondsMax)
      .optional(),
    /** Each time when this alarm of CloudWatch goes off; one of Muster's own goes without its prefix: `QueueStuck`. */
    alarm: alarmName.optional(),
    /** Of an alarm: nothing is started so soon after the last start. Default: 15. */
    cooldownMinutes: z.number().nonnegative().max(limits.alarmCooldownMinutesMax).optional(),
  })
  .refine(({ cooldownMinutes, alarm }) => cooldownMinutes === undefined || alarm !== undefined, {
    message: '"cooldownMinutes" means nothing without "alarm"',
  })
  .refine((when) => oneWhen.filter((field) => when[field] !== undefined).length === 1, {
    message: `must have one of ${oneWhen.map((field) => `"${field}"`).join(' and ')}`,
  })
  .refine(({ cron, timeZone }) => timeZone === undefined || cron !== undefined, {
    message: '"timeZone" means nothing without "cron"',
  });
export type ScheduleWhen = z.infer<typeof scheduleWhen>;

/** What a tick starts: a run or a job, in the schedule's own project. */
export const scheduleStarts = z
  .strictObject({
    run: runRequest.omit({ project: true }).optional(),
    job: jobRequest.omit({ project: true }).optional(),
    /** What a run is told besides: `spending` is what AWS has cost lately, by service. */
    with: z.enum(['spending']).optional(),
  })
  .refine(({ run, with: wanted }) => wanted === undefined || run !== undefined, {
    message: '"with" is for runs: a job is told nothing besides',
  })
  .refine(({ run, job }) => (run === undefined) !== (job === undefined), {
    message: 'must have one of "run" and "job"',
  });
export type ScheduleStarts = z.infer<typeof scheduleStarts>;

/** What becomes of a tick while what the schedule started last still runs. */
export const overlapPolicies = ['forbid', 'queue', 'replace'] as const;
export type OverlapPolicy = (typeof overlapPolicies)[number];

/** `POST /schedules`. */
export const scheduleRequest = z.strictObject({
  name: scheduleName,
  project: projectName.default('default'),
  when: scheduleWhen,
  starts: scheduleStarts,
  overlap: z.enum(overlapPolicies).default('forbid'),
  /** No tick before this. Default: from now on. */
  startsAt: typedTime.optional(),
  /** No tick after this. Default: for ever. */
  endsAt: typedTime.optional(),
});
export type ScheduleRequest = z.infer<typeof scheduleRequest>;

/** What made a tick: its time came, a person asked for a start now, or its alarm went off. */
export const tickCauses = ['clock', 'hand', 'alarm'] as const;

export const skipReasons = {
  overlap: 'what it started last still runs',
  queue_full: 'another tick waits already',
  replaced: 'a later tick took its place before its turn came',
  superseded: 'a later tick was due as well by the time that somebody looked',
  cooldown: 'the alarm went off too soon after the last start',
  stopped: 'the kill switch is pulled',
  paused: 'the schedule was paused',
  deleted: 'the schedule was deleted',
  refused: 'its start was refused',
} as const;
export type SkipReason = keyof typeof skipReasons;
const skipReason = z.enum(Object.keys(skipReasons) as [SkipReason, ...SkipReason[]]);

/** Something that a schedule started. */
export const startedWork = z.strictObject({ kind: z.enum(['run', 'job']), id: z.string() });
export type StartedWork = z.infer<typeof startedWork>;

export const tick = z.strictObject({
  /** The key of its start is made of this. Of the clock's: its time. */
  id: z.string().max(100),
  /** When it was due. */
  atMs: ms,
  cause: z.enum(tickCauses),
  /** Of an alarm's: what the run is told. */
  alarm: alarmFacts.optional(),
});
export type Tick = z.infer<typeof tick>;

/** A tick that is being started, or that waits for its turn. */
export const pendingTick = tick.extend({
  state: z.enum(['starting', 'waiting']),
  /** How often its start was begun. */
  tries: count,
  /** When somebody looks at it again: a start whose end was never written down is begun again then. */
  dueAtMs: ms,
});
export type PendingTick = z.infer<typeof pendingTick>;

/** How a tick ended; several that ended alike for one reason may be told together. */
export const endedTick = tick.extend({
  endedAtMs: ms,
  outcome: z.enum(['started', 'skipped', 'missed']),
  started: startedWork.optional(),
  reason: skipReason.optional(),
  /** One sentence more. */
  says: z.string().max(limits.tickSaysCharacters).optional(),
  /** Of several: how many, and when the first of them was due; `atMs` is the last one's. */
  count: z.number().int().positive(),
  fromMs: ms.optional(),
});
export type EndedTick = z.infer<typeof endedTick>;

export const scheduleStates = ['active', 'paused', 'deleted'] as const;

/** A schedule as it is stored: an item of its own, written whole under its version, found by the `due` index. */
export const scheduleRow = z.strictObject({
  schemaVersion: z.literal(1),
  version: z.number().int().positive(),
  id: scheduleId,
  name: scheduleName,
  project: z.string(),
  /** Who made it: what it starts is theirs, and their rights are looked up at each tick. */
  callerArn: z.string(),
  requestSha256: z.string(),
  when: scheduleWhen,
  starts: scheduleStarts,
  overlap: z.enum(overlapPolicies),
  /** `everySeconds` counts from here. */
  anchorMs: ms,
  startsAtMs: ms.optional(),
  endsAtMs: ms.optional(),
  /** A deleted one is kept for a while, so that a start that is under way finds it. */
  state: z.enum(scheduleStates),
  /** The next tick that nobody has claimed. Missing: there are no more, or it is not active. */
  nextAtMs: ms.optional(),
  pending: pendingTick.optional(),
  /** What it started last, until it is known to have ended. */
  active: startedWork.optional(),
  /** How the last ticks ended, the newest first. */
  recent: z.array(endedTick).max(limits.recentTicks),
  /** Of an alarm: it starts nothing before this, so long after the last start. */
  quietUntilMs: ms.optional(),
  /** The latest tick of an alarm that went off before that: it has its turn then, if the alarm still rings. */
  held: tick.optional(),
  counts: z.strictObject({ started: count, skipped: count, missed: count }),
  /** Why the last start was refused; gone with the next one that succeeds. */
  problem: z.string().max(limits.tickSaysCharacters).optional(),
  createdAtMs: ms,
  updatedAtMs: ms,
});
export type ScheduleRow = z.infer<typeof scheduleRow>;

export const tickView = z
  .strictObject({
    at: time,
    cause: z.enum(tickCauses),
    outcome: z.enum(['started', 'skipped', 'missed', 'waiting', 'starting']),
    run: z.string().optional(),
    job: z.string().optional(),
    reason: skipReason.optional(),
    says: z.string().optional(),
    /** Of several that ended alike: how many, and when the first was due. */
    count: z.number().int().optional(),
    from: time.optional(),
  })
  .meta({ id: 'Tick' });
export type TickView = z.infer<typeof tickView>;

/** A schedule, as every route returns it. `ended`: it has no more ticks. */
export const scheduleView = z
  .strictObject({
    id: scheduleId,
    name: z.string(),
    project: z.string(),
    state: z.enum(['active', 'paused', 'ended']),
    when: scheduleWhen,
    overlap: z.enum(overlapPolicies),
    startsAt: time.optional(),
    endsAt: time.optional(),
    /** In a few words; `GET /schedules/{id}` has it whole. */
    startsWhat: z.string(),
    /** What one start may cost at most. */
    budgetUsd: z.number(),
    createdBy: z.string(),
    createdAt: time,
    /** The next ticks, at most five. */
    next: z.array(time),
    /** A tick that is being started or waits for its turn. */
    pending: tickView.optional(),
    /** What it started and still runs. */
    active: z.strictObject({ run: z.string().optional(), job: z.string().optional() }).optional(),
    recent: z.array(tickView),
    counts: z.strictObject({ started: z.number(), skipped: z.number(), missed: z.number() }),
    problem: z.string().optional(),
  })
  .meta({ id: 'Schedule' });
export type ScheduleView = z.infer<typeof scheduleView>;

export const scheduleDetail = scheduleView.extend({ starts: scheduleStarts }).meta({ id: 'ScheduleDetail' });
export type ScheduleDetail = z.infer<typeof scheduleDetail>;

/** How the starting function is told which schedules are due. */
export const fireCall = z.strictObject({
  v: z.literal(1),
  schedules: z.array(scheduleId).min(1).max(limits.schedulesPerCall),
});
export type FireCall = z.infer<typeof fireCall>;
