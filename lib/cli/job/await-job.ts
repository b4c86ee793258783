import type { JobView } from '#contracts/job-view.ts';
import type { Context } from '../context.ts';
import { formatUsd } from '../format.ts';
import { Exit, interruptedExitCode } from '../report-error.ts';
import { type FollowOptions, followJob } from './follow-job.ts';

/** Follows a job to its end. Ctrl-C detaches: the job goes on, and how to come back is said. */
export async function awaitJob(
  { out, api }: Context,
  id: string,
  options: Omit<FollowOptions, 'signal'> = {},
): Promise<JobView> {
  const detach = new AbortController();
  const onSignal = () => detach.abort();
  process.once('SIGINT', onSignal);
  try {
    return await followJob(await api(), id, {
      ...options,
      signal: detach.signal,
      onLook: (job) => {
        const cost = job.costUsd > 0 ? `, ${formatUsd(job.costUsd)} so far` : '';
        out.progress.say(`${job.id} is ${job.status}${cost}`);
        options.onLook?.(job);
      },
    });
  } catch (error) {
    if (!detach.signal.aborted) throw error;
    out.note(`\nDetached; the job goes on. Come back: muster job watch ${id}`);
    throw new Exit(interruptedExitCode);
  } finally {
    process.off('SIGINT', onSignal);
    out.progress.stop();
  }
}
