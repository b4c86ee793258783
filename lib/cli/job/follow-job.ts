import { setTimeout as wait } from 'node:timers/promises';
import type { ApiClient } from '#adapters/client/api-client.ts';
import type { NumberedEvent } from '#contracts/job-events.ts';
import { isTerminal } from '#contracts/job-states.ts';
import type { JobView } from '#contracts/job-view.ts';

export interface FollowOptions {
  /** Told of the first state and of every change after it. */
  onState?(job: JobView): void;
  /** Told of what the worker says. Without it events are not asked for. */
  onEvent?(event: NumberedEvent): void;
  /** Told after every look. */
  onLook?(job: JobView): void;
  /** Ends the following, not the job. */
  signal?: AbortSignal;
}

/** Looks at a job until it has ended, and returns it. Throws the signal's reason when that ends it first. */
export async function followJob(api: ApiClient, id: string, options: FollowOptions = {}): Promise<JobView> {
  const startedMs = Date.now();
  const call = { params: { id }, ...(options.signal && { signal: options.signal }) };
  const events = makeEventReader(api, call, options.onEvent);
  let last: string | undefined;
  for (;;) {
    options.signal?.throwIfAborted();
    const { body: job } = await api.call('readJob', call);
    const isEnded = isTerminal(job.status);
    const isChange = last !== `${job.status} ${job.attempt}`;
    if (isChange && !isEnded) options.onState?.(job);
    // What the worker said comes before the news of its end.
    if (job.attempt > 0) await events();
    if (isChange && isEnded) options.onState?.(job);
    last = `${job.status} ${job.attempt}`;
    options.onLook?.(job);
    if (isEnded) return job;
    await wait(pauseMs(Date.now() - startedMs, api.target.kind), undefined, { signal: options.signal });
  }
}

function makeEventReader(
  api: ApiClient,
  call: { params: { id: string }; signal?: AbortSignal },
  onEvent: FollowOptions['onEvent'],
): () => Promise<void> {
  let after: string | undefined;
  return async () => {
    if (!onEvent) return;
    for (;;) {
      const { body } = await api.call('readEvents', { ...call, query: { after } });
      after = body.cursor ?? after;
      for (const event of body.items) onEvent(event);
      if (body.items.length === 0) return;
    }
  };
}

/** Every look at a deployed API is a request that is paid for; a local one costs nothing. */
function pauseMs(elapsedMs: number, kind: 'local' | 'aws'): number {
  if (kind === 'local') return elapsedMs < 10_000 ? 80 : 250;
  if (elapsedMs < 10_000) return 500;
  return elapsedMs < 60_000 ? 1_000 : 3_000;
}
