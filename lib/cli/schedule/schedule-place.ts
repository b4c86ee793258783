import { systemDigest } from '#adapters/system.ts';
import { scheduleId } from '#contracts/schedule.ts';
import { scheduleIdOf } from '#core/schedules/create-schedule.ts';

export interface PlaceOptions {
  project?: string;
}

/** A schedule's id, also where it was called by its name: the id follows from that and the project. */
export function toScheduleId(idOrName: string, { project = 'default' }: PlaceOptions): string {
  if (scheduleId.safeParse(idOrName).success) return idOrName;
  return scheduleIdOf({ digest: systemDigest }, { project, name: idOrName });
}
