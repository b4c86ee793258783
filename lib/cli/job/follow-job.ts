import type { ApiClient } from '#adapters/client/api-client.ts';
import { type EventStream, openEventStream } from '#adapters/client/event-stream.ts';
import type { NumberedEvent } from '#contracts/job-events.ts';
import { isTerminal } from '#contracts/job-states.ts';
import type { JobView } from '#contracts/job-view.ts';
import type { StreamedEvent } from '#contracts/stream.ts';
import { EventTrack } from '#core/stream/event-track.ts';
import { makeBell } from '../bell.ts';

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
  const over = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, over.signal]) : over.signal;
  try {
    return await follow(api, id, options, signal);
  } finally {
    over.abort();
  }
}

async function follow(
  api: ApiClient,
  id: string,
  options: FollowOptions,
  signal: AbortSignal,
): Promise<JobView> {
  const startedMs = Date.now();
  const call = { params: { id }, signal };
  const bell = makeBell();
  const events = options.onEvent && listen(api, id, options.onEvent, bell.ring, signal);
  let last: string | undefined;
  for (;;) {
    options.signal?.throwIfAborted();
    const { body: job } = await api.call('readJob', call);
    const isEnded = isTerminal(job.status);
    const isChange = last !== `${job.status} ${job.attempt}`;
    if (isChange && !isEnded) options.onState?.(job);
    // What the worker said comes before the news of its end.
    if (job.attempt > 0) await events?.read();
    events?.shown(job);
    if (isChange && isEnded) options.onState?.(job);
    last = `${job.status} ${job.attempt}`;
    options.onLook?.(job);
    if (isEnded) return job;
    if (events && !events.stream) events.connect();
    const isLive = events?.stream?.isLive(id) ?? false;
    await bell.wait(pauseMs(Date.now() - startedMs, api.target.kind, isLive), signal);
  }
}

/** Events of one job, pushed or read: either way each once and in order. */
function listen(
  api: ApiClient,
  id: string,
  onEvent: (event: NumberedEvent) => void,
  ring: () => void,
  signal: AbortSignal,
) {
  const track = new EventTrack<NumberedEvent>();
  const held: NumberedEvent[] = [];
  let runningAttempt = 0;

  /** What is pushed may be ahead of the last look: a state is told before what is said in it. */
  function deliver(): void {
    while (held[0] && held[0].attempt <= runningAttempt) onEvent(held.shift() as NumberedEvent);
    if (held.length > 0) ring();
  }

  async function read(): Promise<void> {
    for (;;) {
      const { body } = await api.call('readEvents', {
        params: { id },
        signal,
        query: { after: track.cursor },
      });
      held.push(...track.takeRead(body.items, body.cursor ?? track.cursor ?? ''));
      if (body.items.length === 0) return;
    }
  }

  return {
    stream: undefined as EventStream | undefined,
    connect() {
      this.stream = openEventStream(api.target, { signal });
      this.stream.watch(id, {
        track: track as EventTrack<never> as EventTrack<StreamedEvent>,
        onEvents(events) {
          held.push(...(events as NumberedEvent[]));
          deliver();
        },
        onHint: ring,
      });
    },
    read,
    shown({ attempt, status }: JobView): void {
      const hasBegun = status !== 'QUEUED' && status !== 'STARTING' && status !== 'BLOCKED';
      runningAttempt = hasBegun ? attempt : Math.max(0, attempt - 1);
      deliver();
    },
  };
}

/**
 * Every look at a deployed API is a request that is paid for; a local one costs nothing. What is pushed needs no look,
 * which then is for states, and for what a push has lost.
 */
function pauseMs(elapsedMs: number, kind: 'local' | 'aws', isLive: boolean): number {
  if (kind === 'local') return elapsedMs < 10_000 ? 80 : 250;
  if (isLive) return elapsedMs < 10_000 ? 2_000 : 5_000;
  if (elapsedMs < 10_000) return 500;
  return elapsedMs < 60_000 ? 1_000 : 3_000;
}
