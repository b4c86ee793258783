import { setTimeout as wait } from 'node:timers/promises';
import type { ApiClient } from '#adapters/client/api-client.ts';
import { findLogs, type LogEvent, readLogs } from '#adapters/client/read-logs.ts';
import { isTerminal } from '#contracts/job-states.ts';
import type { JobView } from '#contracts/job-view.ts';

export interface FollowLogsOptions {
  onLines(events: LogEvent[]): void;
  /** Told after every look. */
  onLook?(job: JobView): void;
  /** Ends the following, not the job. */
  signal: AbortSignal;
}

/** Between looks; and how long an ended job's log has to be quiet, for lines take some seconds to get to AWS. */
const pace = {
  local: { pauseMs: 200, quietMs: 1_000 },
  aws: { pauseMs: 2_000, quietMs: 8_000 },
} as const;

/** What a job's workers write, attempt by attempt and in order, until the job has ended and its log is quiet. */
export async function followLogs(
  api: ApiClient,
  id: string,
  { onLines, onLook, signal }: FollowLogsOptions,
): Promise<JobView> {
  const { pauseMs, quietMs } = pace[api.target.kind];
  let source: LogSource | undefined;
  for (let quietSinceMs = Date.now(); ; ) {
    const { body: job } = await api.call('readJob', { params: { id }, signal });
    source ??= sourceOf(api, job);
    const events = (await source?.(job)) ?? [];
    if (events.length > 0) onLines(events);
    onLook?.(job);
    if (!isTerminal(job.status) || events.length > 0) quietSinceMs = Date.now();
    else if (job.links.logGroup === undefined || Date.now() - quietSinceMs >= quietMs) return job;
    await wait(pauseMs, undefined, { signal });
  }
}

/** What has come since the last call, given how the job is now. */
type LogSource = (job: JobView) => Promise<LogEvent[]>;

/** Known once a worker was started. */
function sourceOf(api: ApiClient, { lane, links: { logGroup } }: JobView): LogSource | undefined {
  if (logGroup === undefined) return undefined;
  return lane === 'function' ? searched(api, logGroup) : streamed(api, logGroup);
}

/** Workers in containers have a stream each. What a look has missed between two attempts is found by the job's id. */
function streamed(api: ApiClient, logGroup: string): LogSource {
  const streams = new Map<string, string | undefined>();
  let knownAttempt = 0;
  return async ({ id, attempt, createdAt, links: { logStream } }) => {
    if (attempt > knownAttempt + 1)
      for (const name of await streamsOf(api, { logGroup, jobId: id, sinceMs: Date.parse(createdAt) }))
        if (!streams.has(name)) streams.set(name, undefined);
    // A claimed attempt has no stream before its task has started.
    if (logStream !== undefined) {
      if (!streams.has(logStream)) streams.set(logStream, undefined);
      knownAttempt = attempt;
    }
    const events: LogEvent[] = [];
    for (const [name, from] of streams) {
      const read = readLogs(api.target, { logGroup, logStream: name }, from);
      let page = await read.next();
      for (; !page.done; page = await read.next()) events.push(...page.value);
      streams.set(name, page.value);
    }
    return events;
  };
}

/** By their first lines. */
async function streamsOf(api: ApiClient, place: { logGroup: string; jobId: string; sinceMs: number }) {
  const names = new Set<string>();
  for await (const page of findLogs(api.target, place))
    for (const { logStreamName } of page) names.add(logStreamName);
  return names;
}

/** Lines may come late: those of the last half minute are looked at again. */
const overlapMs = 30_000;

/** Workers in functions share streams. */
function searched(api: ApiClient, logGroup: string): LogSource {
  const seen = new Set<string>();
  let lastMs = 0;
  return async ({ id, createdAt }) => {
    const events: LogEvent[] = [];
    const sinceMs = Math.max(Date.parse(createdAt), lastMs - overlapMs);
    for await (const page of findLogs(api.target, { logGroup, jobId: id, sinceMs }))
      for (const { eventId, timestamp, message } of page) {
        if (seen.has(eventId)) continue;
        seen.add(eventId);
        lastMs = Math.max(lastMs, timestamp);
        events.push({ timestamp, message });
      }
    return events;
  };
}
