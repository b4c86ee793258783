import { setTimeout as wait } from 'node:timers/promises';

/** A pause that can be cut short. */
export interface Bell {
  /** Rung while nobody waits it is kept: the next pause is none. */
  ring(): void;
  /** Throws the signal's reason when that ends it first. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

export function makeBell(): Bell {
  let rung = new AbortController();
  return {
    ring: () => rung.abort(),
    async wait(ms, signal) {
      const own = rung;
      await wait(ms, undefined, { signal: AbortSignal.any([signal, own.signal]) }).catch(() => undefined);
      signal.throwIfAborted();
      if (own.signal.aborted) rung = new AbortController();
    },
  };
}
