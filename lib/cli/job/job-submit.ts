import type { Command } from 'commander';
import type { JobView } from '#contracts/job-view.ts';
import { works } from '../command.ts';
import type { Context } from '../context.ts';
import { collect, toNumber } from '../option-values.ts';
import { awaitJob } from './await-job.ts';
import { costBound } from './cost-bound.ts';
import { outcomeError } from './job-outcome.ts';
import { idempotencyKeyOf, type SubmitOptions, toJobRequest } from './job-request-options.ts';
import { sendFolder } from './send-folder.ts';
import { showResult } from './show-result.ts';

/** `muster job submit TYPE [TEXT]`. */
export function addJobSubmit(job: Command): void {
  const command = job
    .command('submit')
    .description('submit a job; prints its id, or with --wait its result')
    .argument('<type>', 'echo, chat, code, research or agent')
    .argument('[text]', 'what to say, to ask or to do')
    .option('--prompt <text>', 'the same as TEXT')
    .option('--message <text>', 'the same as TEXT, for echo')
    .option('--file <path>', 'read the text from a file; - is stdin')
    .option('--dir <folder>', 'agent: the files it begins with; .gitignore is respected')
    .option('--criterion <text>', 'agent: what has to be true in the end; may be repeated', collect)
    .option('--tool <name>', 'agent: a tool it may use; may be repeated (default: all of them)', collect)
    .option('--max-turns <n>', 'agent: answers of the model at most', toNumber)
    .option('--effort <level>', 'agent: low, medium, high, xhigh or max')
    .option(
      '--cache-hours <n>',
      'answer identical requests from what was answered so many hours ago',
      toNumber,
    )
    .option('--language <name>', 'code: the programming language')
    .option('--questions <n>', 'research: how many questions to break the topic into, 3 to 5', toNumber)
    .option('--payload <json>', "the job's payload as the API takes it")
    .option('--model <id>', 'which model answers')
    .option('--system <text>', 'the system prompt')
    .option('--max-tokens <n>', 'at most so many tokens of answer', toNumber)
    .option('--project <name>', 'what the job is grouped and paid under')
    .option('--priority <which>', 'high, medium or low')
    .option('--timeout <seconds>', 'of one try; then its worker is killed', toNumber)
    .option('--deadline <seconds>', 'of the whole job, waiting included', toNumber)
    .option('--max-attempts <n>', 'tries before it FAILED', toNumber)
    .option('--budget <usd>', 'what it may cost, in US dollars', toNumber)
    .option('--depends-on <id...>', 'start only after these jobs SUCCEEDED')
    .option('--on-failure <policy>', 'when one of those fails: fail, skip or run (default: fail)')
    .option('--then <json>', 'the job that comes next, or a list of them, as the API takes it')
    .option('--callback-url <url>', 'an https address that is told when the job has ended')
    .option('--cpu <units>', '256 to 4096; 1024 is one vCPU', toNumber)
    .option('--memory <MiB>', 'memory of the worker', toNumber)
    .option('--disk <GiB>', 'disk of the worker', toNumber)
    .option('--idempotency-key <key>', 'the same key and request again give the same job')
    .option('--wait', 'wait for the end and print the result')
    .addHelpText('after', examples);
  works<[string, string | undefined], SubmitOptions>(command, async (context, options, type, text) => {
    const { out } = context;
    const api = await context.api();
    const body = await toJobRequest(type, text, options);
    const bound = costBound(body, api.target.offlineModel);
    if (options.dir !== undefined) body.payload.workspace = await sendFolder(context, body, options.dir);
    if (bound !== undefined) out.note(out.paint('gray', bound));
    const { body: job } = await api.call('submitJob', { body, idempotencyKey: idempotencyKeyOf(options) });
    return options.wait ? finish(context, job) : tell(context, job);
  });
}

const examples = `
Examples:
  $ muster job submit echo "hi" --wait
  $ muster job submit chat "Why is the sky blue?" --model claude-haiku-5-5 --max-tokens 300
  $ git diff | muster job submit chat --file - --system "Review this diff." --budget 0.05
  $ muster job submit code "Reverse a linked list" --language python --wait > reverse.py
  $ muster job submit research "Why do batteries age?" --questions 3 --wait
  $ muster job submit agent --dir ./project --prompt "The tests fail. Fix them." \\
      --criterion "All tests pass" --budget 0.50 --wait`;

/** Prints the id alone on stdout, so that scripts can take it. */
export function tell({ out }: Context, job: JobView): 0 {
  out.answer(job, () => [job.id]);
  out.note(out.paint('gray', `${job.status} · watch it: muster job watch ${job.id}`));
  return 0;
}

/** Waits for the end. With `--json` the one document is `{job, result}`. */
export async function finish(context: Context, submitted: JobView): Promise<number> {
  const { out } = context;
  const job = await awaitJob(context, submitted.id);
  if (job.error?.code === 'capped')
    out.note(`It met a cap. What it has done until then: muster job result ${job.id}`);
  if (job.status !== 'SUCCEEDED') throw outcomeError(job);
  const { body: result } = await (await context.api()).call('readResult', { params: { id: job.id } });
  const { text, footnote } = showResult(result);
  out.answer({ job, result }, () => [text]);
  out.note(out.paint('gray', `${footnote === undefined ? '' : `${footnote} · `}${job.id}`));
  return 0;
}
