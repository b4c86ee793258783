import type { Command } from 'commander';
import { works } from '../command.ts';
import { idempotencyKeyOf } from './job-request-options.ts';
import { finish, tell } from './job-submit.ts';

interface RetryOptions {
  idempotencyKey?: string;
  wait?: boolean;
}

/** `muster job retry ID`: a new job with the ended one's input. */
export function addJobRetry(job: Command): void {
  const command = job
    .command('retry')
    .description('run an ended job again, as a new job; prints its id')
    .argument('<id>', 'job id')
    .option('--idempotency-key <key>', 'the same key again gives the same new job')
    .option('--wait', 'wait for the end and print the result')
    .addHelpText('after', '\n\nExample:\n  $ muster job retry job-0c5f… --wait');
  works<[string], RetryOptions>(command, async (context, options, id) => {
    const idempotencyKey = idempotencyKeyOf(options);
    const api = await context.api();
    if (!api.target.offlineModel) context.out.note('Costs at most what the first one was allowed to.');
    const { body } = await api.call('retryJob', { params: { id }, idempotencyKey });
    return options.wait ? finish(context, body) : tell(context, body);
  });
}
