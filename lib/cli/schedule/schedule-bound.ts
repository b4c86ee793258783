import { makeCalendar } from '#adapters/calendar/cron-calendar.ts';
import { limits } from '#contracts/limits.ts';
import type { ScheduleWhen } from '#contracts/schedule.ts';
import { ticksAfter } from '#core/schedules/tick-times.ts';
import { formatUsd } from '../format.ts';
import type { TypedSchedule } from './schedule-request.ts';

const days = 30;
/** One a minute. */
const most = (days * 86_400) / limits.scheduleSecondsMin;

/**
 * What a schedule can cost at most within a month, as a sentence.
 *
 * @throws AppError `invalid_request` for a cron expression or a zone that cannot be read
 */
export function scheduleBound(request: TypedSchedule, offlineModel: boolean, nowMs: number): string {
  const { when, starts } = request;
  const ticks = when.alarm === undefined ? ticksOfClock(request, nowMs) : ticksOfAlarm(when);
  const often = `Starts at most ${ticks} time${ticks === 1 ? '' : 's'} within ${days} days`;
  const { budgetUsd } = 'run' in starts ? starts.run : starts.job;
  if (offlineModel) return `${often}, and costs nothing: the offline model answers, with prewritten words.`;
  if (budgetUsd === undefined) return `${often}.`;
  return `${often}, and costs at most ${formatUsd(budgetUsd)} each time: ${formatUsd(ticks * budgetUsd)} in all, or what the project's month has left.`;
}

function ticksOfClock({ when, startsAt, endsAt }: TypedSchedule, nowMs: number): number {
  const anchorMs = startsAt === undefined ? nowMs : Date.parse(startsAt);
  const fromMs = Math.max(nowMs, anchorMs - 1);
  const monthEndsMs = fromMs + days * 86_400_000;
  const endsAtMs = endsAt === undefined ? monthEndsMs : Math.min(monthEndsMs, Date.parse(endsAt));
  return ticksAfter(makeCalendar(), { when, anchorMs, endsAtMs }, fromMs, most).length;
}

/** One that goes off again and again, as often as its cooldown lets it. */
function ticksOfAlarm({ cooldownMinutes = limits.alarmCooldownMinutes }: ScheduleWhen): number {
  return Math.min(most, Math.ceil((days * 1_440) / Math.max(cooldownMinutes, 1)));
}
