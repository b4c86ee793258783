import { limits } from '#contracts/limits.ts';
import type { ScheduleWhen } from '#contracts/schedule.ts';
import { formatAge } from '../format.ts';
import { printableLine } from '../printable.ts';

/** A rhythm in a few words. */
export function whenText({ cron, timeZone, everySeconds, alarm, cooldownMinutes }: ScheduleWhen): string {
  if (alarm !== undefined) {
    const quiet = cooldownMinutes ?? limits.alarmCooldownMinutes;
    return `the alarm ${printableLine(alarm)} goes off, at most every ${quiet} min`;
  }
  if (everySeconds !== undefined) return `every ${formatAge(everySeconds * 1000)}`;
  return `${cron} ${timeZone ?? 'UTC'}`;
}
