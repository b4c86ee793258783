import * as z from 'zod';
import { limits } from './limits.ts';

const intervalSeconds = z.number().int().min(60).max(limits.cadenceSeconds);

/** When the next cycle begins. Without it: as soon as the one before has ended. */
export const cadence = z.strictObject({
  /** From the start of a cycle to the start of the next. */
  everySeconds: intervalSeconds,
  /** What is not begun so long after the cycle's start is carried over to the next. Default: `everySeconds`. */
  windowSeconds: z.number().int().min(30).max(limits.cadenceSeconds).optional(),
  /**
   * Bounds within which the interval adapts: shorter after cycles that leave work undone, longer after cycles that
   * find nothing to do, `everySeconds` after any other. Default: it is always `everySeconds`.
   */
  adapt: z.strictObject({ fromSeconds: intervalSeconds, toSeconds: intervalSeconds }).optional(),
});
export type Cadence = z.infer<typeof cadence>;

/** The interval that follows from a cycle, and one sentence that says why. */
export const cycleInterval = z.strictObject({ seconds: intervalSeconds, reason: z.string() });
export type CycleInterval = z.infer<typeof cycleInterval>;

export interface CadenceFault {
  path: ('windowSeconds' | 'adapt' | 'fromSeconds' | 'toSeconds')[];
  message: string;
}

/** What does not fit together: neither the file of a team nor a request may say it. */
export function findCadenceFaults({ everySeconds, windowSeconds = 0, adapt }: Cadence): CadenceFault[] {
  const every = `everySeconds ${everySeconds}`;
  const { fromSeconds = everySeconds, toSeconds = everySeconds } = adapt ?? {};
  const faults: (CadenceFault | false)[] = [
    windowSeconds > everySeconds && {
      path: ['windowSeconds'],
      message: `windowSeconds ${windowSeconds} is more than ${every}`,
    },
    fromSeconds > everySeconds && {
      path: ['adapt', 'fromSeconds'],
      message: `fromSeconds ${fromSeconds} is more than ${every}`,
    },
    toSeconds < everySeconds && {
      path: ['adapt', 'toSeconds'],
      message: `toSeconds ${toSeconds} is less than ${every}`,
    },
  ];
  return faults.filter((fault) => fault !== false);
}
