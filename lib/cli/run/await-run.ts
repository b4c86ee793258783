import type { RunView } from '#contracts/run-view.ts';
import type { Context } from '../context.ts';
import { Exit, interruptedExitCode } from '../report-error.ts';
import { makeStopNotice } from '../stop-notice.ts';
import { type FollowRunOptions, followRun } from './follow-run.ts';
import { hasEnded } from './run-outcome.ts';

interface AwaitRunOptions extends Omit<FollowRunOptions, 'signal'> {
  beforeDetach?(): void;
  /** Said on Ctrl-C; left out: that the run goes on. */
  whenDetached?: string;
}

/** Follows a run to its end. Ctrl-C detaches: the run goes on, and how to come back is said. */
export async function awaitRun(
  { out, api }: Context,
  id: string,
  options: AwaitRunOptions = {},
): Promise<RunView> {
  const detach = new AbortController();
  const onSignal = () => detach.abort();
  process.once('SIGINT', onSignal);
  try {
    const client = await api();
    const lookForStop = makeStopNotice(client, out);
    return await followRun(client, id, {
      ...options,
      signal: detach.signal,
      onLook: (run) => {
        if (!hasEnded(run)) lookForStop();
        options.onLook?.(run);
      },
    });
  } catch (error) {
    if (!detach.signal.aborted) throw error;
    options.beforeDetach?.();
    const goesOn = `Detached; the run goes on. Come back: muster run watch ${id} · end it: muster run stop ${id}`;
    out.note(`\n${options.whenDetached ?? goesOn}`);
    throw new Exit(interruptedExitCode);
  } finally {
    process.off('SIGINT', onSignal);
    out.progress.stop();
  }
}
