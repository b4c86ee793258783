import * as z from 'zod';
import { limits } from './limits.ts';
import { ms, time } from './scalars.ts';

/** Of CloudWatch, or without its prefix one of Muster's own: `QueueStuck`. Source: PutMetricAlarm, AlarmName. */
export const alarmName = z.string().min(1).max(255);

const minutes = z.number().positive().max(limits.recoveryMinutes);

/** Part of `recovery` wherever it is asked for: how long is watched. */
export const recoveryTimes = {
  /** After this the alarm counts as not over. */
  withinMinutes: minutes.default(30),
  /** The alarm is over when it has been OK for so long. */
  steadyMinutes: minutes.default(5),
};

/** What a cycle waits for when its actions are done: that this alarm is over, and stays so. */
export const recoveryWanted = z
  .strictObject({ alarm: alarmName, ...recoveryTimes })
  .refine(({ withinMinutes, steadyMinutes }) => steadyMinutes <= withinMinutes, {
    path: ['steadyMinutes'],
    message: 'must be at most withinMinutes: the alarm could not be OK for so long in that time',
  });
export type RecoveryWanted = z.infer<typeof recoveryWanted>;

export const alarmStates = ['OK', 'ALARM', 'INSUFFICIENT_DATA'] as const;
export type AlarmState = (typeof alarmStates)[number];

/** What a look has shown. `MISSING`: there is no such alarm. `UNKNOWN`: it could not be looked at. */
export const alarmSeen = z.strictObject({
  state: z.enum([...alarmStates, 'MISSING', 'UNKNOWN']),
  /** Words of CloudWatch, or why nothing was seen. Not ours: shown as data. */
  reason: z.string().max(limits.alarmTextCharacters),
  /** When it came into this state. */
  sinceMs: ms.optional(),
  /** When it was looked at. */
  atMs: ms,
});
export type AlarmSeen = z.infer<typeof alarmSeen>;

export const recoveryId = z.string().regex(/^run-[0-9a-f]{16}-c[0-9]{1,5}-recovery$/);

/** `WATCHING` until the world has decided; no person may. */
export const recoveryStatuses = ['WATCHING', 'RECOVERED', 'NOT_RECOVERED', 'CANCELLED'] as const;
export type RecoveryStatus = (typeof recoveryStatuses)[number];

/** A wait of a cycle for an alarm to be over: one item, written whole under its version. */
export const recoveryRow = z.strictObject({
  schemaVersion: z.literal(1),
  version: z.number().int().positive(),
  id: recoveryId,
  run: z.string(),
  cycle: z.number().int().positive(),
  alarm: alarmName,
  steadyMs: ms,
  status: z.enum(recoveryStatuses),
  createdAtMs: ms,
  updatedAtMs: ms,
  /** When somebody has to look at the alarm. */
  lookAtMs: ms,
  /** The row owns the expiry. */
  endsAtMs: ms,
  seen: alarmSeen.optional(),
  /** Since when it has been OK, as far as it was watched. */
  okSinceMs: ms.optional(),
  endedAtMs: ms.optional(),
  /** Of the waiting state: a bearer credential, never shown. */
  token: z.string().optional(),
  olderTokens: z.array(z.string()).optional(),
  outbox: z.record(z.string(), z.strictObject({ kind: z.literal('token'), token: z.string() })),
});
export type RecoveryRow = z.infer<typeof recoveryRow>;

/** How the function that may look at alarms is told which waits are due. */
export const watchCall = z.strictObject({
  v: z.literal(1),
  recoveries: z.array(recoveryId).min(1).max(limits.recoveriesPerCall),
});
export type WatchCall = z.infer<typeof watchCall>;

/** What a cycle waits for, or has waited for, as the run's view shows it. */
export const recoveryView = z.strictObject({
  alarm: z.string(),
  status: z.enum(recoveryStatuses),
  since: time,
  until: time,
  /** What the last look has shown. */
  state: z.string().optional(),
  reason: z.string().optional(),
  okSince: time.optional(),
  endedAt: time.optional(),
});
export type RecoveryView = z.infer<typeof recoveryView>;
