import { AppError } from '#contracts/errors.ts';
import { limits } from '#contracts/limits.ts';
import type { ScheduleRequest, ScheduleRow } from '#contracts/schedule.ts';
import { canonicalJson } from '#core/jobs/canonical-json.ts';
import { parseJobRequest } from '#core/jobs/parse-job-request.ts';
import { objectiveOf, recoveryOf, requireTeam } from '#core/runs/start-run.ts';
import { requireCallback } from '#core/webhooks/require-callback.ts';
import { alarmValues, fillRun, type TickValues } from './prepare-run.ts';
import type { ScheduleDeps } from './schedule-deps.ts';
import { nextTickMs, type TickRules } from './tick-times.ts';

/**
 * What can be told of a start before its time: whoever makes a schedule is there to hear it, and at a tick nobody is.
 *
 * @throws AppError `invalid_request`, `payload_too_large`, `not_found` (team), `unknown_model`
 */
export async function checkStarts(deps: ScheduleDeps, request: ScheduleRequest): Promise<void> {
  const { project, starts } = request;
  const { length } = canonicalJson(starts);
  if (length > limits.scheduleStartsCharacters)
    throw new AppError(
      'payload_too_large',
      `what the schedule starts has ${length} characters; at most ${limits.scheduleStartsCharacters} are taken`,
      { remedy: 'put long texts into a file, and name it' },
    );
  if (starts.run) {
    requireBounds('run', starts.run, ['budgetUsd', 'maxCycles']);
    const { document } = await requireTeam(deps, starts.run.team);
    const filled = fillRun(document.team, starts.run, sampleValues(request));
    objectiveOf(document.team, filled);
    recoveryOf(document.team, filled);
    requireCallback(starts.run.callbackUrl, deps.settings);
  } else if (starts.job) {
    requireBounds('job', starts.job, ['budgetUsd']);
    parseJobRequest({ ...starts.job, project });
    requireCallback(starts.job.callbackUrl, deps.settings);
  }
}

/** What a tick will know: here its form alone counts. */
function sampleValues({ when, starts }: ScheduleRequest): TickValues {
  const spent: TickValues = starts.with === 'spending' ? { period: 'a week', limitUsd: '1' } : {};
  return { ...alarmValues({ when }), ...spent };
}

/** A schedule spends while nobody looks: what one start may cost is said, not left to a default that may change. */
function requireBounds(
  kind: 'run' | 'job',
  given: Readonly<Record<string, unknown>>,
  names: readonly string[],
) {
  const missing = names.filter((name) => given[name] === undefined);
  if (missing.length === 0) return;
  const faults = missing.map((name) => ({ path: `/starts/${kind}/${name}`, message: 'is missing' }));
  throw new AppError(
    'invalid_request',
    `a scheduled ${kind} must say ${names.map((name) => `"${name}"`).join(' and ')}; missing: ${missing.join(', ')}`,
    { faults, remedy: 'say what one start may cost at most' },
  );
}

/** @throws AppError `invalid_request` for an alarm that is not there: a name with a slip in it would never ring */
export async function requireAlarm(
  { alarms }: Pick<ScheduleDeps, 'alarms'>,
  { alarm }: ScheduleRequest['when'],
): Promise<void> {
  if (alarm === undefined || (await alarms.read(alarm))) return;
  throw new AppError('invalid_request', `CloudWatch has no alarm "${alarm}" in this account and region`, {
    remedy: "Muster's own: muster alarm list; any other has to be made before the schedule that waits for it",
  });
}

export type CheckedTimes = Pick<ScheduleRow, 'anchorMs' | 'startsAtMs' | 'endsAtMs' | 'nextAtMs'>;

/** @throws AppError `invalid_request` for times that are over, and for a rhythm that never ticks */
export function checkTimes(
  { calendar }: Pick<ScheduleDeps, 'calendar'>,
  { when, startsAt, endsAt }: ScheduleRequest,
  nowMs: number,
): CheckedTimes {
  const startsAtMs = requireFuture('startsAt', startsAt, nowMs);
  const endsAtMs = requireFuture('endsAt', endsAt, nowMs);
  const rules: TickRules = {
    when,
    anchorMs: startsAtMs ?? nowMs,
    ...(startsAtMs === undefined ? {} : { startsAtMs }),
  };
  const nextAtMs = nextTickMs(calendar, rules, nowMs);
  if (nextAtMs === undefined && when.alarm === undefined)
    throw new AppError('invalid_request', `"${when.cron}" never comes: no month has such a day`);
  if (endsAtMs !== undefined && nextAtMs !== undefined && nextAtMs > endsAtMs)
    throw new AppError(
      'invalid_request',
      `endsAt is ${endsAt}, before the first tick, which would be ${new Date(nextAtMs).toISOString()}`,
    );
  const { when: _, ...times } = rules;
  return {
    ...times,
    ...(endsAtMs === undefined ? {} : { endsAtMs }),
    ...(nextAtMs === undefined ? {} : { nextAtMs }),
  };
}

function requireFuture(field: string, time: string | undefined, nowMs: number): number | undefined {
  if (time === undefined) return undefined;
  const ms = Date.parse(time);
  if (ms > nowMs) return ms;
  throw new AppError(
    'invalid_request',
    `${field} is ${time}, which is over; it is ${new Date(nowMs).toISOString()} now`,
  );
}
