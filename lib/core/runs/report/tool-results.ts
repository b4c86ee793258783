import type { NumberedEvent } from '#contracts/job-events.ts';
import { limits } from '#contracts/limits.ts';
import type { ReportDeps } from './gather-report.ts';
import type { ReportData, ReportedAction } from './report-data.ts';

/** One call of a tool, as it was asked and answered. */
export interface ToolCall {
  action: number;
  agent: string;
  job: string;
  attempt: number;
  /** Of the call in the transcript. */
  id: string;
  tool: string;
  asked: string;
  /** `unfinished`: its worker ended before the call did. */
  outcome: 'ok' | 'failed' | 'unfinished';
  answered?: string;
  startedAt: string;
  milliseconds?: number;
}

export interface ToolResults {
  v: 1;
  run: string;
  cycle: number;
  count: number;
  failed: number;
  /** True where a job said more than is read here. */
  cut: boolean;
  calls: ToolCall[];
}

/** Of one job. Beyond this nobody reads it here, and closing has to end in a minute. */
const pagesAtMost = 50;
/** So many jobs are read side by side. */
const jobsAtOnce = 6;

/** Every call of a tool in the jobs of a cycle's actions, in the order of the actions and their jobs. */
export async function readToolResults(
  deps: Pick<ReportDeps, 'events'>,
  { run, cycle, actions, jobs }: Pick<ReportData, 'run' | 'cycle' | 'actions' | 'jobs'>,
): Promise<ToolResults> {
  const wanted = actions.flatMap(jobsOfAction);
  const agents = new Map(jobs.map(({ id, run: place }) => [id, place?.agent ?? '']));
  const found: { calls: ToolCall[]; cut: boolean }[] = [];
  for (let from = 0; from < wanted.length; from += jobsAtOnce) {
    const some = wanted.slice(from, from + jobsAtOnce);
    found.push(...(await Promise.all(some.map((each) => readJob(deps, each, agents.get(each.job) ?? '')))));
  }
  const calls = found.flatMap((each) => each.calls);
  return {
    v: 1,
    run: run.id,
    cycle: cycle.cycle,
    count: calls.length,
    failed: calls.filter(({ outcome }) => outcome === 'failed').length,
    cut: found.some(({ cut }) => cut),
    calls,
  };
}

interface JobOfAction {
  action: number;
  job: string;
}

function jobsOfAction({ state }: ReportedAction): JobOfAction[] {
  return state.jobs.map((job) => ({ action: state.id, job }));
}

async function readJob({ events }: Pick<ReportDeps, 'events'>, { action, job }: JobOfAction, agent: string) {
  const calls = new Map<string, ToolCall>();
  let after = { attempt: 1, seq: 0 };
  for (let page = 0; page < pagesAtMost; page++) {
    const some = await events.read(job, after, limits.eventsPerPage);
    const last = some.at(-1);
    if (!last) return { calls: [...calls.values()], cut: false };
    for (const event of some) take(calls, { action, agent, job }, event);
    after = { attempt: last.attempt, seq: last.seq };
  }
  return { calls: [...calls.values()], cut: true };
}

function take(
  calls: Map<string, ToolCall>,
  place: Pick<ToolCall, 'action' | 'agent' | 'job'>,
  event: NumberedEvent,
): void {
  if (event.type !== 'tool_start' && event.type !== 'tool_end') return;
  const { attempt, id, tool, summary, atMs } = event;
  const key = `${attempt}/${id}`;
  const known = calls.get(key);
  if (event.type === 'tool_start') {
    const startedAt = new Date(atMs).toISOString();
    calls.set(key, { ...place, attempt, id, tool, asked: summary, outcome: 'unfinished', startedAt });
    return;
  }
  const { ok, milliseconds } = event;
  const startedAt = known?.startedAt ?? new Date(atMs - milliseconds).toISOString();
  calls.set(key, {
    ...place,
    ...{ attempt, id, tool },
    asked: known?.asked ?? '',
    outcome: ok ? 'ok' : 'failed',
    answered: summary,
    ...{ startedAt, milliseconds },
  });
}
