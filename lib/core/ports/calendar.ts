export interface CronTime {
  cron: string;
  /** Default: UTC. */
  timeZone?: string | undefined;
}

/** Clocks on walls: where they stand in which zone, and when they are put forward and back. */
export interface Calendar {
  /**
   * The first tick after `afterMs`, or undefined where none ever comes.
   *
   * Where the hour is `*` it ticks whenever the clock shows such a minute. Any other is a time of day: one that is
   * left out when clocks go forward comes later by as much (02:30 is 03:30 on that day), and of one that comes twice
   * when they go back it is the first.
   *
   * @throws AppError `invalid_request` for what is no cron expression of five fields, or no time zone
   */
  next(when: CronTime, afterMs: number): number | undefined;
}
