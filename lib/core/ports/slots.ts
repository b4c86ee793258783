import type { Lane } from '#contracts/lanes.ts';

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

/**
 * How many workers may run at once in a lane, and the kill switch: one item for each lane, so that both are one
 * condition.
 */
export interface Slots {
  acquire(lane: Lane, key: string, by: string, nowMs: number, limit: number): Promise<SlotAnswer>;
  /** Freeing what is not held changes nothing. With `by`, only where that holder has it. */
  release(lane: Lane, key: string, by?: string): Promise<void>;
  read(lane: Lane): Promise<SlotState>;
  /** Sets the kill switch of a lane, or takes it back with undefined. Pulling it twice keeps the first. */
  setStopped(lane: Lane, stopped: Stopped | undefined): Promise<void>;
}

export function slotKey(jobId: string, attempt: number): string {
  return `${jobId}#${attempt}`;
}

/** Workers of a lane at once, as the deployment says. */
export function slotLimit(
  lane: Lane,
  settings: { maxConcurrentWorkers: number; maxConcurrentFunctions: number },
): number {
  return lane === 'function' ? settings.maxConcurrentFunctions : settings.maxConcurrentWorkers;
}
