import { onReaderGone } from './reader-gone.ts';
import { interruptedExitCode } from './report-error.ts';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** npm passes on the Ctrl-C that the terminal has sent to us already: two signals, one key press. */
const samePressMs = 500;

/**
 * Aborts at the first signal, or when nobody reads any more.
 *
 * @param force whether a second one ends the process at once
 */
export function stopSignal({ force }: { force: boolean }): AbortSignal {
  const controller = new AbortController();
  let firstMs = 0;
  const onSignal = () => {
    if (!controller.signal.aborted) {
      firstMs = Date.now();
      controller.abort();
    } else if (force && Date.now() - firstMs > samePressMs) {
      process.exit(interruptedExitCode);
    }
  };
  for (const signal of signals) process.on(signal, onSignal);
  const abort = () => controller.abort();
  onReaderGone({ streams: [process.stdout], end: abort, fail: abort });
  return controller.signal;
}

/** Resolves when the signal aborts. */
export async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
