import type { Access } from '#contracts/access.ts';
import type { AlarmStates } from '#core/ports/alarm-states.ts';
import type { Calendar } from '#core/ports/calendar.ts';
import type { ScheduleStore } from '#core/ports/schedules.ts';
import type { Spending } from '#core/ports/spending.ts';
import type { StartRunDeps } from '#core/runs/start-run.ts';

/** What use cases of schedules need: what starting runs and jobs needs, and who may. */
export type ScheduleDeps = StartRunDeps & {
  schedules: ScheduleStore;
  calendar: Calendar;
  access: Access;
  alarms: AlarmStates;
  /** Missing where nobody may ask for the bill. */
  spending?: Spending;
};
