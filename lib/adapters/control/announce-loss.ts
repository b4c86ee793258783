import type { MessagePort } from 'node:worker_threads';
import type { LeaseLoss } from '#core/work/keep-lease.ts';

/**
 * Tells the main thread that the lease is lost. A main thread that does not hear it is blocked, and then the
 * process is killed after `withinMs` milliseconds: otherwise it would wake up some day and go on with work that is somebody else's by then.
 */
export function announceLoss(port: MessagePort, loss: LeaseLoss, kill: () => void, withinMs: number): void {
  const deaf = setTimeout(kill, withinMs);
  port.once('message', () => clearTimeout(deaf));
  port.postMessage(loss);
}
