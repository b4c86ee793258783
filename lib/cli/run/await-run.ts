import type { RunView } from '#contracts/run-view.ts';
import type { Context } from '../context.ts';
import { makeStopNotice } from '../stop-notice.ts';
import { untilDetached } from '../until-detached.ts';
import { type FollowRunOptions, followRun } from './follow-run.ts';
import { hasEnded } from './run-outcome.ts';

interface AwaitRunOptions extends Omit<FollowRunOptions, 'signal'> {
  beforeDetach?(): void;
  /** Said on Ctrl-C; left out: that the run goes on. */
  whenDetached?: string;
}

/** Follows a run to its end. Ctrl-C detaches: the run goes on, and how to come back is said. */
export function awaitRun(context: Context, id: string, options: AwaitRunOptions = {}): Promise<RunView> {
  const follow = async (signal: AbortSignal) => {
    const client = await context.api();
    const lookForStop = makeStopNotice(client, context.out);
    return followRun(client, id, {
      ...options,
      signal,
      onLook: (run) => {
        if (!hasEnded(run)) lookForStop();
        options.onLook?.(run);
      },
    });
  };
  const goesOn = `Detached; the run goes on. Come back: muster run watch ${id} · end it: muster run stop ${id}`;
  return untilDetached(context, follow, () => {
    options.beforeDetach?.();
    return options.whenDetached ?? goesOn;
  });
}
