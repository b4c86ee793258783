import { setTimeout as wait } from 'node:timers/promises';
import type { WorkerTime } from '#core/ports/worker.ts';

/** `setTimeout` fires at once beyond this, so longer sleeps are slept in parts. */
const longestTimerMs = 2 ** 31 - 1;

export const systemTime: WorkerTime = {
  nowMs: () => Date.now(),
  random: () => Math.random(),
  sleep: async (ms, signal) => {
    try {
      let leftMs = ms;
      for (; leftMs > longestTimerMs; leftMs -= longestTimerMs)
        await wait(longestTimerMs, undefined, { signal });
      await wait(leftMs, undefined, { signal });
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    }
  },
};
