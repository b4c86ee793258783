import { setTimeout as wait } from 'node:timers/promises';
import type { ApiClient } from '#adapters/client/api-client.ts';
import type { NumberedEvent } from '#contracts/job-events.ts';
import type { NumberedRunEvent } from '#contracts/run-events.ts';
import { endedActionStatuses } from '#contracts/run-states.ts';
import type { RunView } from '#contracts/run-view.ts';
import { makeBell } from '../bell.ts';
import { type Ear, makeEar } from './make-ear.ts';
import { hasEnded } from './run-outcome.ts';

/** Something that was said, by the run or by one of its jobs. */
export type Heard = { atMs: number } & ({ run: NumberedRunEvent } | { job: string; event: NumberedEvent });

export interface FollowRunOptions {
  /**
   * Told of what happened since the last time, in the order of its times, with the run as it was last seen. Without it
   * events are not asked for.
   */
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
  const over = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, over.signal]) : over.signal;
  try {
    return await follow(api, id, { ...options, signal });
  } finally {
    over.abort();
  }
}

async function follow(
  api: ApiClient,
  id: string,
  { onHeard, onLook, signal }: FollowRunOptions & { signal: AbortSignal },
): Promise<RunView> {
  const startedMs = Date.now();
  const bell = makeBell();
  const ears = onHeard && makeEars(api, id, { onHeard, ring: bell.ring, signal });
  const readRun = async () => (await api.call('readRun', { params: { id }, signal })).body;
  for (;;) {
    signal.throwIfAborted();
    const run = ears ? await ears.look(readRun) : await readRun();
    onLook?.(run);
    if (hasEnded(run)) return run;
    await bell.wait(pauseMs(Date.now() - startedMs, api.target.kind, ears?.isLive() ?? false), signal);
  }
}

/**
 * Every look at a deployed API is a request that is paid for, and one for each job where nothing is pushed. What is
 * pushed needs no look, which then is for cost and states, and for what a push has lost.
 */
function pauseMs(elapsedMs: number, kind: 'local' | 'aws', isLive: boolean): number {
  if (kind === 'local') return 250;
  if (isLive) return 5_000;
  return elapsedMs < 60_000 ? 1_500 : 4_000;
}

interface EarsOptions {
  onHeard(heard: readonly Heard[], run: RunView): void;
  ring(): void;
  signal: AbortSignal;
}

function makeEars(api: ApiClient, id: string, { onHeard, ring, signal }: EarsOptions) {
  let seen: RunView | undefined;
  let isLooking = false;
  const jobs = new Map<string, JobEar | undefined>();
  // What a run tells may change what is known of it, and name jobs that nobody listens to yet.
  const told = makeEar<NumberedRunEvent>(api, id, {
    readPage: async (after) =>
      (await api.call('readRunEvents', { params: { id }, query: { after }, signal })).body,
    onPush: ring,
    onHint: ring,
    signal,
  });

  /** At once where the run, as it was last seen, knows of the job that speaks. */
  function tellNow(job: string): void {
    const heard = seen && !isLooking ? (jobs.get(job)?.take() ?? []) : [];
    if (seen && heard.length > 0) onHeard(heard, seen);
    else ring();
  }

  function listenTo(news: readonly NumberedRunEvent[]): void {
    for (const { job } of news)
      if (job !== undefined && !jobs.has(job))
        jobs.set(job, makeJobEar(api, job, { onPush: () => tellNow(job), onHint: ring, signal }));
  }

  async function look(readRun: () => Promise<RunView>): Promise<RunView> {
    isLooking = true;
    // The run is read between what it tells and what its jobs say: it knows of all that was told, and a job that it
    // calls ended has said everything. Only the end itself may be told later.
    await told.catchUp(true);
    const news = told.take();
    const run = await readRun();
    if (hasEnded(run)) news.push(...(await hearTheEnd(told, run, news, signal)));
    listenTo(news);
    const listening = [...jobs].flatMap(([job, ear]) => (ear ? [{ job, ear }] : []));
    await Promise.all(listening.map(({ job, ear }) => ear.catchUp(isOver(job, run))));
    const heard = listening.flatMap(({ ear }) => ear.take());
    for (const { job, ear } of listening) {
      if (!isOver(job, run)) ear.connect();
      else {
        ear.close();
        jobs.set(job, undefined);
      }
    }
    if (!hasEnded(run)) told.connect();
    heard.push(...news.map((event) => ({ atMs: event.atMs, run: event })));
    seen = run;
    isLooking = false;
    onHeard(
      heard.sort((a, b) => a.atMs - b.atMs),
      run,
    );
    return run;
  }

  return { look, isLive: told.isLive };
}

/** Whoever ends a run may die before it says so. */
const endSaidWithinMs = 3_000;

/** The row ends first, and is told of then. */
async function hearTheEnd(
  told: Ear<NumberedRunEvent>,
  { status }: RunView,
  known: readonly NumberedRunEvent[],
  signal: AbortSignal,
): Promise<NumberedRunEvent[]> {
  const heard: NumberedRunEvent[] = [];
  const isTheEnd = (event: NumberedRunEvent) => event.type === 'end' && event.status === status;
  for (const lastMs = Date.now() + endSaidWithinMs; ; ) {
    await told.catchUp(true);
    heard.push(...told.take());
    if (Date.now() >= lastMs || [...known, ...heard].some(isTheEnd)) return heard;
    await wait(250, undefined, { signal });
  }
}

type JobEar = Omit<Ear<NumberedEvent>, 'take'> & { take(): Heard[] };

function makeJobEar(
  api: ApiClient,
  job: string,
  options: { onPush(): void; onHint(): void; signal: AbortSignal },
): JobEar {
  const { signal } = options;
  const ear = makeEar<NumberedEvent>(api, job, {
    ...options,
    readPage: async (after) =>
      (await api.call('readEvents', { params: { id: job }, query: { after }, signal })).body,
  });
  let latestMs = 0;
  const toHeard = (event: NumberedEvent): Heard => {
    // A later worker's clock may be behind; what one job says stays in its order.
    latestMs = Math.max(latestMs, event.atMs);
    return { atMs: latestMs, job, event };
  };
  return { ...ear, take: () => ear.take().map(toHeard) };
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
