import { everything } from '#contracts/access.ts';
import type { ScheduleRow } from '#contracts/schedule.ts';
import type { ListedSchedule, ScheduleStore } from '#core/ports/schedules.ts';
import {
  type ScheduleIndexes,
  scheduleDueAtMs,
  scheduleIndexes,
  scheduleShards,
} from '#core/schedules/schedule-indexes.ts';
import { makeCalendar } from '../../lib/adapters/calendar/cron-calendar.ts';
import { MemoryAlarms } from './memory-alarms.ts';
import type { MemoryDepsOptions } from './memory-deps.ts';
import { MemoryRows, type MemoryRowsOptions } from './memory-rows.ts';
import { makeMemoryRunDeps } from './memory-run-deps.ts';

type Lag = Pick<MemoryRowsOptions<ScheduleRow, string>, 'nowMs' | 'indexLagMs' | 'onWrite'>;

/** Schedules in memory, with the conditions and the index layout of the table. */
export class MemorySchedules extends MemoryRows<ScheduleRow, string> implements ScheduleStore {
  constructor(lag: Lag = {}) {
    super({ ...lag, keyOf: (id) => id, keyOfRow: ({ id }) => id, indexes: scheduleIndexes });
  }

  async listed(): Promise<ListedSchedule[]> {
    return [...this.#in(scheduleShards.clock), ...this.#in(scheduleShards.alarm)];
  }

  async onAlarms(): Promise<ListedSchedule[]> {
    return this.#in(scheduleShards.alarm);
  }

  #in(shard: string): ListedSchedule[] {
    return [...(this.indexes() as ReadonlyMap<string, ScheduleIndexes>)]
      .filter(([, { listShard }]) => listShard === shard)
      .map(([id, { listKey }]) => ({ id, key: listKey }));
  }

  /** What the `due` index would find, the earliest first. */
  due(nowMs: number): string[] {
    return [...this.indexes()]
      .filter(([, { dueAtMs }]) => dueAtMs !== undefined && dueAtMs <= nowMs)
      .sort(([, a], [, b]) => (a.dueAtMs ?? 0) - (b.dueAtMs ?? 0))
      .map(([id]) => id);
  }

  /** When this one is due next, as its row says. */
  dueAtMs(id: string): number | undefined {
    const row = this.rows.get(id);
    return row && scheduleDueAtMs(row);
  }
}

/** Every port that schedules need, over memory; the calendar is the real one. */
export function makeMemoryScheduleDeps(options: MemoryDepsOptions = {}) {
  const deps = makeMemoryRunDeps(options);
  return {
    ...deps,
    schedules: new MemorySchedules(),
    calendar: makeCalendar(),
    access: { ...everything },
    alarms: new MemoryAlarms(),
  };
}

export type MemoryScheduleDeps = ReturnType<typeof makeMemoryScheduleDeps>;
