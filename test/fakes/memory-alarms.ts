import type { AlarmSeen } from '#contracts/recovery.ts';
import type { AlarmStates } from '#core/ports/alarm-states.ts';

/** Alarms of which a test says how they are. */
export class MemoryAlarms implements AlarmStates {
  readonly states = new Map<string, Omit<AlarmSeen, 'atMs'>>();
  /** Thrown by the next look. */
  nextFault: Error | undefined;
  looks = 0;

  async read(alarm: string): Promise<Omit<AlarmSeen, 'atMs'> | undefined> {
    this.looks++;
    const fault = this.nextFault;
    this.nextFault = undefined;
    if (fault) throw fault;
    return this.states.get(alarm);
  }
}
