import { systemDigest } from '#adapters/system.ts';
import { AppError } from '#contracts/errors.ts';
import { scheduleId } from '#contracts/schedule.ts';
import { scheduleIdOf } from '#core/schedules/create-schedule.ts';

export interface PlaceOptions {
  project?: string;
}

/**
 * Calls with the id of a schedule, also where it was called by its name: the id follows from that and the project.
 *
 * @throws AppError what the call throws; `not_found` in the words that were typed, for nobody knows a derived id
 */
export async function withScheduleId<T>(
  idOrName: string,
  { project = 'default' }: PlaceOptions,
  call: (id: string) => Promise<T>,
): Promise<T> {
  if (scheduleId.safeParse(idOrName).success) return call(idOrName);
  try {
    return await call(scheduleIdOf({ digest: systemDigest }, { project, name: idOrName }));
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'not_found') throw error;
    const { code, remedy = '' } = error;
    throw new AppError(code, `there is no schedule "${idOrName}" in project "${project}"`, { remedy });
  }
}
