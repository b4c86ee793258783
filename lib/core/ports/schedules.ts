import type { ScheduleRow } from '#contracts/schedule.ts';
import type { Rows } from './run-store.ts';

export interface ListedSchedule {
  id: string;
  /** `<project>#<name>`. */
  key: string;
}

/** Schedules by id. */
export interface ScheduleStore extends Rows<ScheduleRow, string> {
  /** All that are not deleted, in any order; lags behind by what an index lags. */
  listed(): Promise<ListedSchedule[]>;
  /** Of these, those that an alarm starts. */
  onAlarms(): Promise<ListedSchedule[]>;
}
