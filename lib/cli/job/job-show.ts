import type { Command } from 'commander';
import type { JobView } from '#contracts/job-view.ts';
import { works } from '../command.ts';
import { formatDuration, formatUsd, statusFormat } from '../format.ts';
import type { Output } from '../output.ts';
import { printableLine } from '../printable.ts';
import { formatFields } from '../table.ts';
import { cachedNote } from './show-result.ts';

/** `muster job show ID`. */
export function addJobShow(job: Command): void {
  const command = job
    .command('show')
    .description('show everything about a job')
    .argument('<id>', 'job id')
    .addHelpText('after', '\nExample:\n  $ muster job show job-0c5f… --json');
  works<[string], object>(command, async ({ out, api }, _options, id) => {
    const { body } = await (await api()).call('readJob', { params: { id } });
    out.answer(body, () => describeJob(body, out));
    return 0;
  });
}

const capacityNames = { spot: 'Fargate Spot', on_demand: 'Fargate, on demand' } as const;

/** Aligned fields, with what went wrong and what helps. */
export function describeJob(job: JobView, out: Output): string[] {
  const { usage, error, links } = job;
  const dim = (text: string | undefined) => (text === undefined ? undefined : out.paint('gray', text));
  return formatFields([
    ['id', job.id],
    ['type', job.model === undefined ? job.type : `${job.type} (${printableLine(job.model)})`],
    ['status', out.paint(statusFormat(job.status), job.status) + reason(job)],
    ['error', error && out.paint('red', `${error.code}: ${printableLine(error.message)}`)],
    ['remedy', error?.remedy === undefined ? undefined : printableLine(error.remedy)],
    ['project', `${printableLine(job.project)}, priority ${job.priority}`],
    ['attempt', `${job.attempt} (${job.failures} of ${job.maxAttempts} failures used)`],
    ['runs on', job.capacity && capacityNames[job.capacity]],
    ['created', `${job.createdAt}`],
    ['started', job.startedAt && `${job.startedAt}  ${after(job.createdAt, job.startedAt)}`],
    ['ended', job.endedAt && `${job.endedAt}  ${after(job.createdAt, job.endedAt)}`],
    ['timeout', formatDuration(job.timeoutSeconds * 1_000)],
    ['run', job.run && printableLine(job.run)],
    ['action', job.action && printableLine(job.action)],
    ['depends on', job.dependsOn?.join(', ')],
    ['comes next', job.next?.join(', ')],
    ['retry of', job.retryOf],
    [
      'tokens',
      usage && `${usage.inputTokens} in, ${usage.outputTokens} out, ${usage.cacheReadTokens} from cache`,
    ],
    ['cached', job.cachedAnswers === undefined ? undefined : `${cachedNote(job.cachedAnswers)}, for nothing`],
    ['cost', formatUsd(job.costUsd)],
    ['console', links.console && printableLine(links.console)],
    ['execution', dim(links.executionArn)],
    ['task', dim(links.taskArn)],
    ['logs', links.logStream && dim(`${links.logGroup} ${links.logStream}`)],
    ['result', dim(links.s3Uri)],
  ]);
}

function reason({ statusReason }: JobView): string {
  return statusReason === undefined ? '' : ` (${printableLine(statusReason)})`;
}

function after(from: string, to: string): string {
  return `(+${formatDuration(Date.parse(to) - Date.parse(from))})`;
}
