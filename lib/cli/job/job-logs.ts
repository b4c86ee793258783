import type { Command } from 'commander';
import type { ApiClient } from '#adapters/client/api-client.ts';
import { findLogs, type LogEvent, readLogs } from '#adapters/client/read-logs.ts';
import type { JobView } from '#contracts/job-view.ts';
import { works } from '../command.ts';
import type { Context } from '../context.ts';
import { printable } from '../printable.ts';
import { untilDetached } from '../until-detached.ts';
import { followLogs } from './follow-logs.ts';
import { outcomeExitCode } from './job-outcome.ts';

interface LogsOptions {
  follow?: boolean;
}

/** `muster job logs ID`: what the worker of the latest attempt wrote; or what all of them write, as they do. */
export function addJobLogs(job: Command): void {
  const command = job
    .command('logs')
    .description("print the log of a job's latest worker, or follow those of all its workers")
    .argument('<id>', 'job id')
    .option('-f, --follow', 'print every attempt, and new lines until the job has ended; then exit as it did')
    .addHelpText(
      'after',
      '\nCtrl-C ends the following; the job goes on.\n\nExamples:\n  $ muster job logs job-0c5f… | tail -20\n  $ muster job logs job-0c5f… --follow',
    );
  works<[string], LogsOptions>(command, (context, { follow }, id) =>
    follow ? followJobLogs(context, id) : printLogs(context, id),
  );
}

async function printLogs({ out, api }: Context, id: string): Promise<number> {
  const client = await api();
  const { body } = await client.call('readJob', { params: { id } });
  const events = await latestLines(client, body);
  const { logGroup, logStream } = body.links;
  out.answer({ logGroup, logStream, events }, () => events.map(toLine));
  if (events.length === 0) out.note(`Nothing yet: ${id} is ${body.status}, attempt ${body.attempt}`);
  return 0;
}

async function latestLines(client: ApiClient, { id, links }: JobView): Promise<LogEvent[]> {
  const { logGroup, logStream } = links;
  if (logGroup === undefined) return [];
  const events: LogEvent[] = [];
  const pages =
    logStream === undefined
      ? findLogs(client.target, { logGroup, jobId: id })
      : readLogs(client.target, { logGroup, logStream });
  for await (const page of pages)
    events.push(...page.map(({ timestamp, message }) => ({ timestamp, message })));
  return events;
}

function followJobLogs(context: Context, id: string): Promise<number> {
  const { out } = context;
  const events: LogEvent[] = [];
  const follow = async (signal: AbortSignal) => {
    const ended = await followLogs(await context.api(), id, {
      signal,
      onLook: ({ status, attempt }) => out.progress.say(`${id} is ${status}, attempt ${attempt}`),
      onLines(found) {
        if (out.json) events.push(...found);
        for (const event of found) out.line(toLine(event));
      },
    });
    out.answer({ logGroup: ended.links.logGroup, events, job: ended }, () => []);
    out.progress.stop();
    out.note(`${id} ended ${ended.status} in attempt ${ended.attempt}`);
    return outcomeExitCode(ended);
  };
  return untilDetached(
    context,
    follow,
    () => `Not followed any more; the job goes on. Come back: muster job logs ${id} --follow`,
  );
}

function toLine({ timestamp, message }: LogEvent): string {
  return `${new Date(timestamp).toISOString()}  ${printable(message)}`;
}
