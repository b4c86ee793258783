import type { WakeMessage } from '#contracts/wake-message.ts';

/** Wake-ups for the dispatcher. Hints: they may be lost, doubled or late. */
export interface Queue {
  /** `delaySeconds` 0–900. */
  send(message: WakeMessage, delaySeconds?: number): Promise<void>;
}
