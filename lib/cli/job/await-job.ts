import type { JobView } from '#contracts/job-view.ts';
import type { Context } from '../context.ts';
import { formatUsd } from '../format.ts';
import { makeStopNotice } from '../stop-notice.ts';
import { untilDetached } from '../until-detached.ts';
import { type FollowOptions, followJob } from './follow-job.ts';

export interface AwaitOptions extends Omit<FollowOptions, 'signal'> {
  /** What is going on at the moment, where more is known than the job's state. */
  doing?(): string | undefined;
  /** Said on Ctrl-C; left out: that the job goes on. */
  whenDetached?: string;
}

/** Follows a job to its end. Ctrl-C detaches: the job goes on, and how to come back is said. */
export function awaitJob(
  context: Context,
  id: string,
  { doing, whenDetached, ...options }: AwaitOptions = {},
): Promise<JobView> {
  const { out } = context;
  const follow = async (signal: AbortSignal) => {
    const client = await context.api();
    const lookForStop = makeStopNotice(client, out);
    return followJob(client, id, {
      ...options,
      signal,
      onLook: (job) => {
        const cost = job.costUsd > 0 ? `, ${formatUsd(job.costUsd)} so far` : '';
        out.progress.say(doing?.() ?? `${job.id} is ${job.status}${cost}`);
        if (job.status === 'QUEUED') lookForStop();
        options.onLook?.(job);
      },
    });
  };
  const goesOn = `Detached; the job goes on. Come back: muster job watch ${id}`;
  return untilDetached(context, follow, () => whenDetached ?? goesOn);
}
