import type { WorkerTime } from '#core/ports/worker.ts';

export interface IdleWatchdog {
  /** Something has happened. */
  touch(): void;
  stop(): void;
}

/** Calls `onIdle` once when `idleMs` milliseconds go by without a touch. */
export function startIdleWatchdog(time: WorkerTime, idleMs: number, onIdle: () => void): IdleWatchdog {
  const stopped = new AbortController();
  let touchedAtMs = time.nowMs();

  async function watch(): Promise<void> {
    for (;;) {
      const leftMs = touchedAtMs + idleMs - time.nowMs();
      if (leftMs <= 0) return onIdle();
      await time.sleep(leftMs, stopped.signal);
    }
  }

  // The only rejection is the sleep's own when the watchdog is stopped.
  watch().catch(() => undefined);
  return {
    touch: () => {
      touchedAtMs = time.nowMs();
    },
    stop: () => stopped.abort(),
  };
}
