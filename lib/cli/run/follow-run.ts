import { setTimeout as wait } from 'node:timers/promises';
import type { ApiClient } from '#adapters/client/api-client.ts';
import { AppError } from '#contracts/errors.ts';
import type { NumberedEvent } from '#contracts/job-events.ts';
import { endedActionStatuses, type NumberedRunEvent, type RunView } from '#contracts/run.ts';
import { hasEnded } from './run-outcome.ts';

/** Something that was said, by the run or by one of its jobs. */
export type Heard = { atMs: number } & ({ run: NumberedRunEvent } | { job: string; event: NumberedEvent });

export interface FollowRunOptions {
  /** Told of what happened since the last look, in the order of its times. Without it events are not asked for. */
  onHeard?(heard: readonly Heard[], run: RunView): void;
  /** Told after every look. */
  onLook?(run: RunView): void;
  /** Ends the following, not the run. */
  signal?: AbortSignal;
}

/** Looks at a run until it has ended, and returns it. Throws the signal's reason when that ends it first. */
export async function followRun(
  api: ApiClient,
  id: string,
  options: FollowRunOptions = {},
): Promise<RunView> {
  const startedMs = Date.now();
  const { signal, onHeard } = options;
  const ears = onHeard && makeEars(api, id, signal);
  const readRun = async () => (await api.call('readRun', { params: { id }, ...(signal && { signal }) })).body;
  for (;;) {
    signal?.throwIfAborted();
    const { run, heard } = ears ? await ears(readRun) : { run: await readRun(), heard: [] };
    onHeard?.(heard, run);
    options.onLook?.(run);
    if (hasEnded(run)) return run;
    await wait(pauseMs(Date.now() - startedMs, api.target.kind), undefined, { signal });
  }
}

/** Every look at a deployed API is a request for each job that works, and is paid for. */
function pauseMs(elapsedMs: number, kind: 'local' | 'aws'): number {
  if (kind === 'local') return 250;
  return elapsedMs < 60_000 ? 1_500 : 4_000;
}

function makeEars(api: ApiClient, id: string, signal: AbortSignal | undefined) {
  const told = makeReader<NumberedRunEvent>(async (after) => {
    const call = { params: { id }, query: { after }, ...(signal && { signal }) };
    return (await api.call('readRunEvents', call)).body;
  });
  const jobs = new Map<string, () => Promise<Heard[]>>();
  return async (readRun: () => Promise<RunView>): Promise<{ run: RunView; heard: Heard[] }> => {
    // The run is read between what it tells and what its jobs say: it knows of all that was told, and a job that it
    // calls ended has said everything. Only the end itself may have been told meanwhile.
    const news = await told();
    const run = await readRun();
    if (hasEnded(run)) news.push(...(await told()));
    for (const { job } of news)
      if (job !== undefined && !jobs.has(job)) jobs.set(job, jobEar(api, job, signal));
    const listening = [...jobs].filter(([, ear]) => ear !== silent);
    const said = await Promise.all(listening.map(([, ear]) => ear()));
    for (const [job] of listening) if (isOver(job, run)) jobs.set(job, silent);
    const heard = [...news.map((event) => ({ atMs: event.atMs, run: event })), ...said.flat()];
    return { run, heard: heard.sort((a, b) => a.atMs - b.atMs) };
  };
}

/** Of a job that is over. */
const silent = async (): Promise<Heard[]> => [];

function jobEar(api: ApiClient, job: string, signal: AbortSignal | undefined): () => Promise<Heard[]> {
  const read = makeReader<NumberedEvent>(async (after) => {
    const call = { params: { id: job }, query: { after }, ...(signal && { signal }) };
    return (await api.call('readEvents', call)).body;
  });
  let latestMs = 0;
  return async () => {
    const events = await unlessMissing(read);
    return events.map((event) => {
      // A later worker's clock may be behind; what one job says stays in its order.
      latestMs = Math.max(latestMs, event.atMs);
      return { atMs: latestMs, job, event };
    });
  };
}

/** A run says that a job begins just before its row is made. */
async function unlessMissing<T>(read: () => Promise<T[]>): Promise<T[]> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof AppError && error.code === 'not_found') return [];
    throw error;
  }
}

interface Page<T> {
  items: T[];
  cursor?: string | undefined;
}

/** Everything from behind what was read before. */
function makeReader<T>(readPage: (after: string | undefined) => Promise<Page<T>>): () => Promise<T[]> {
  let after: string | undefined;
  return async () => {
    const all: T[] = [];
    for (;;) {
      const { items, cursor } = await readPage(after);
      after = cursor ?? after;
      all.push(...items);
      if (items.length === 0) return all;
    }
  };
}

/** As the run's cycles have it, so that no job has to be asked whether it has ended. */
function isOver(job: string, run: RunView): boolean {
  for (const { planningJob, outcome, end, actions } of run.cycles) {
    const action = actions.find(({ jobs }) => jobs.includes(job));
    if (action)
      return (
        end !== undefined ||
        action.jobs.at(-1) !== job ||
        (endedActionStatuses as readonly string[]).includes(action.status)
      );
    if (planningJob === job) return outcome !== undefined || end !== undefined;
  }
  return run.cycles.some(({ reviewJob, end }) => reviewJob === job && end !== undefined);
}
