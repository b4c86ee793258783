import type { ApiClient } from '#adapters/client/api-client.ts';
import type { GateView } from '#contracts/gate.ts';
import type { JobView } from '#contracts/job-view.ts';
import type { RunView } from '#contracts/run-view.ts';

/** What teams have been doing, of the newest runs and jobs. */
export interface TeamWork {
  runs: number;
  meetingsHeld: number;
  /** Of tools of the newest agents. */
  tools: { succeeded: number; failed: number; ofJobs: number };
  nextMeetingAt?: string;
  waitsFor: { id: string; title: string; expiresAt: string }[];
  lastLines: { run: string; at: string; message: string }[];
}

const runsSeen = 10;
const agentsSeen = 10;
const linesShown = 5;
/** Of events, for one job or run: whoever has more is counted up to here. */
const pagesMax = 20;
const withTools: readonly JobView['type'][] = ['agent', 'action', 'review'];

export async function readTeamWork(api: ApiClient, jobs: readonly JobView[]): Promise<TeamWork> {
  const { body: page } = await api.call('listRuns', { query: { limit: runsSeen } });
  // Lists leave cycles out.
  const runs = await Promise.all(
    page.items.map(async ({ id }) => (await api.call('readRun', { params: { id } })).body),
  );
  const { body: approvals } = await api.call('listApprovals', { query: { status: 'pending' } });
  const next = runs.flatMap(({ nextCycleAt }) => nextCycleAt ?? []).toSorted()[0];
  return {
    runs: runs.length,
    meetingsHeld: runs.flatMap(({ cycles }) => cycles).filter(({ outcome }) => outcome !== undefined).length,
    tools: await countTools(api, jobs),
    ...(next === undefined ? {} : { nextMeetingAt: next }),
    waitsFor: approvals.items.map(toWaiting),
    lastLines: await lastLines(api, runs),
  };
}

function toWaiting({ id, title, expiresAt }: GateView): TeamWork['waitsFor'][number] {
  return { id, title, expiresAt };
}

async function countTools(api: ApiClient, jobs: readonly JobView[]): Promise<TeamWork['tools']> {
  const agents = jobs.filter(({ type, attempt }) => withTools.includes(type) && attempt > 0);
  const seen = agents.slice(0, agentsSeen);
  const results = await Promise.all(seen.map(({ id }) => toolResults(api, id)));
  const succeeded = results.flat().filter((ok) => ok).length;
  return { succeeded, failed: results.flat().length - succeeded, ofJobs: seen.length };
}

async function toolResults(api: ApiClient, id: string): Promise<boolean[]> {
  const results: boolean[] = [];
  let after: string | undefined;
  for (let page = 0; page < pagesMax; page++) {
    const { body } = await api.call('readEvents', { params: { id }, query: { after } });
    if (body.items.length === 0) break;
    results.push(...body.items.flatMap((event) => (event.type === 'tool_end' ? [event.ok] : [])));
    after = body.cursor;
  }
  return results;
}

/** Of the newest run. */
async function lastLines(api: ApiClient, [run]: readonly RunView[]): Promise<TeamWork['lastLines']> {
  if (!run) return [];
  let lines: TeamWork['lastLines'] = [];
  let after: string | undefined;
  for (let page = 0; page < pagesMax; page++) {
    const { body } = await api.call('readRunEvents', { params: { id: run.id }, query: { after } });
    if (body.items.length === 0) break;
    const more = body.items.map(({ atMs, message }) => ({
      run: run.id,
      at: new Date(atMs).toISOString(),
      message,
    }));
    lines = [...lines, ...more].slice(-linesShown);
    after = body.cursor;
  }
  return lines;
}
