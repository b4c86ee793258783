import type { Context } from './context.ts';
import { Exit, interruptedExitCode } from './report-error.ts';

/**
 * Does what may take long. Ctrl-C detaches: the work itself is not ours, and goes on.
 *
 * @param onDetach what is said then: that it goes on, and how to come back
 */
export async function untilDetached<T>(
  { out }: Pick<Context, 'out'>,
  work: (signal: AbortSignal) => Promise<T>,
  onDetach: () => string,
): Promise<T> {
  const detach = new AbortController();
  const onSignal = () => detach.abort();
  process.once('SIGINT', onSignal);
  try {
    return await work(detach.signal);
  } catch (error) {
    if (!detach.signal.aborted) throw error;
    out.note(`\n${onDetach()}`);
    throw new Exit(interruptedExitCode);
  } finally {
    process.off('SIGINT', onSignal);
    out.progress.stop();
  }
}
