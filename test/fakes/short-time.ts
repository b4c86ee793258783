import { FakeTime } from './worker-time.ts';

/** Time whose sleeps are over at once, except for a watchdog's. */
export class ShortTime extends FakeTime {
  override sleep = (ms: number, signal: AbortSignal): Promise<void> => {
    this.sleeps.push(ms);
    return ms >= 100_000
      ? new Promise((_, reject) => signal.addEventListener('abort', reject))
      : Promise.resolve();
  };

  /** The sleeps that were waits between two tries. */
  waits(): number[] {
    return this.sleeps.filter((ms) => ms < 100_000);
  }
}
