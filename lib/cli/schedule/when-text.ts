import type { ScheduleWhen } from '#contracts/schedule.ts';
import { formatAge } from '../format.ts';

/** A rhythm in a few words. */
export function whenText({ cron, timeZone, everySeconds }: ScheduleWhen): string {
  if (everySeconds !== undefined) return `every ${formatAge(everySeconds * 1000)}`;
  return `${cron} ${timeZone ?? 'UTC'}`;
}
