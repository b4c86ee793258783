/** `acquired` also when this very holder has it already (its first reply was lost). */
export type SlotAnswer = 'acquired' | 'full' | 'stopped' | 'taken';

export interface HeldSlot {
  /** `<job>#<attempt>`. */
  key: string;
  by: string;
  sinceMs: number;
}

/** Who pulled the kill switch, and when. */
export interface Stopped {
  by: string;
  atMs: number;
}

export interface SlotState {
  held: HeldSlot[];
  stopped: Stopped | undefined;
}

/** How many workers may run at once, and the kill switch: one item, so that both are one condition. */
export interface Slots {
  acquire(key: string, by: string, nowMs: number, limit: number): Promise<SlotAnswer>;
  /** Freeing what is not held changes nothing. With `by`, only where that holder has it. */
  release(key: string, by?: string): Promise<void>;
  read(): Promise<SlotState>;
  /** Sets the kill switch, or takes it back with undefined. Pulling it twice keeps the first. */
  setStopped(stopped: Stopped | undefined): Promise<void>;
}

export function slotKey(jobId: string, attempt: number): string {
  return `${jobId}#${attempt}`;
}
