import type { AlarmSeen } from '#contracts/recovery.ts';

/** Alarms of CloudWatch. */
export interface AlarmStates {
  /**
   * @param alarm its name, or without its prefix that of one of Muster's own; a full name goes first
   * @returns undefined where there is no such alarm
   */
  read(alarm: string): Promise<Omit<AlarmSeen, 'atMs'> | undefined>;
}
