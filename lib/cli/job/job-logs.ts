import type { Command } from 'commander';
import { findLogs, type LogEvent, readLogs } from '#adapters/client/read-logs.ts';
import { works } from '../command.ts';
import { printable } from '../printable.ts';

/** `muster job logs ID`: what the worker of the latest attempt wrote. */
export function addJobLogs(job: Command): void {
  const command = job
    .command('logs')
    .description("print the log of a job's latest worker")
    .argument('<id>', 'job id')
    .addHelpText('after', '\nExample:\n  $ muster job logs job-0c5f… | tail -20');
  works<[string], object>(command, async ({ out, api }, _options, id) => {
    const client = await api();
    const { body } = await client.call('readJob', { params: { id } });
    const { logGroup, logStream } = body.links;
    const events: LogEvent[] = [];
    if (logGroup !== undefined) {
      const pages =
        logStream === undefined
          ? findLogs(client.target, { logGroup, jobId: id })
          : readLogs(client.target, { logGroup, logStream });
      for await (const page of pages) events.push(...page);
    }
    out.answer({ logGroup, logStream, events }, () => events.map(toLine));
    if (events.length === 0) out.note(`Nothing yet: ${id} is ${body.status}, attempt ${body.attempt}`);
    return 0;
  });
}

function toLine({ timestamp, message }: LogEvent): string {
  return `${new Date(timestamp).toISOString()}  ${printable(message)}`;
}
