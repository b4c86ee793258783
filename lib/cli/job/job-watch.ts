import type { Command } from 'commander';
import type { NumberedEvent } from '#contracts/job-events.ts';
import { isTerminal } from '#contracts/job-states.ts';
import type { JobView } from '#contracts/job-view.ts';
import { toUsd } from '#contracts/usage.ts';
import { works } from '../command.ts';
import { formatDuration, formatUsd, statusFormat } from '../format.ts';
import type { Output } from '../output.ts';
import { printableLine } from '../printable.ts';
import { awaitJob } from './await-job.ts';
import { outcomeExitCode } from './job-outcome.ts';

/** `muster job watch ID`. Its exit code is the job's. */
export function addJobWatch(job: Command): void {
  const command = job
    .command('watch')
    .description('follow a job to its end: states, text as it is written, cost')
    .argument('<id>', 'job id')
    .addHelpText(
      'after',
      '\nCtrl-C detaches; the job goes on. The exit code is 0 only if the job SUCCEEDED.\n\nExample:\n  $ muster job watch job-0c5f…',
    );
  works<[string], object>(command, async (context, _options, id) => {
    const { out } = context;
    const view = makeView(out);
    const job = await awaitJob(context, id, { onState: view.state, onEvent: view.event });
    out.answer(job, () => []);
    return outcomeExitCode(job);
  });
}

/** States and events on one page: text flows, everything else has a line of its own. */
export function makeView(out: Output) {
  let isInText = false;
  const line = (text: string) => {
    if (isInText) out.raw('\n');
    isInText = false;
    out.line(text);
  };
  return {
    state(job: JobView) {
      const sinceMs = stateTimeMs(job) - Date.parse(job.createdAt);
      const since = `+${formatDuration(sinceMs)}`.padStart(9);
      line(
        `${since}  ${out.paint(statusFormat(job.status), job.status.padEnd(9))}  ${detail(job)}`.trimEnd(),
      );
      if (job.error?.remedy !== undefined) line(`${' '.repeat(11)}→ ${printableLine(job.error.remedy)}`);
    },
    event(event: NumberedEvent) {
      if (event.type === 'text') {
        if (!isInText) out.raw('\n');
        isInText = true;
        out.raw(event.text);
      } else if (event.type === 'turn') {
        line('');
        line(
          out.paint(
            'gray',
            `           turn ${event.turn}: ${event.stopReason}, ${formatUsd(toUsd(event.costMicroUsd))}`,
          ),
        );
      } else {
        line(out.paint('gray', `           ${printableLine(event.message)}`));
      }
    },
  };
}

/** The API's own time where it has one; otherwise the moment at which the change was seen. */
function stateTimeMs(job: JobView): number {
  if (job.status === 'QUEUED' && job.attempt === 0) return Date.parse(job.createdAt);
  return job.endedAt === undefined ? Date.now() : Date.parse(job.endedAt);
}

function detail(job: JobView): string {
  if (job.error) return `${job.error.code}: ${printableLine(job.error.message)}`;
  if (job.status === 'SUCCEEDED') return formatUsd(job.costUsd);
  if (job.statusReason !== undefined) return printableLine(job.statusReason);
  if (isTerminal(job.status) || job.attempt === 0) return `${job.type} ${job.id}`;
  return `attempt ${job.attempt}`;
}
