import { setTimeout as wait } from 'node:timers/promises';
import { type Command, InvalidArgumentError } from 'commander';
import type { ApiClient } from '#adapters/client/api-client.ts';
import { AppError } from '#contracts/errors.ts';
import type { Operation } from '#contracts/operations.ts';
import { works } from './command.ts';
import type { Context } from './context.ts';
import { formatAge } from './format.ts';
import { printableLine } from './printable.ts';
import type { Progress } from './progress.ts';
import { Exit, interruptedExitCode } from './report-error.ts';

const lookEveryMs = 500;
/** A worker gets two minutes to end, and ECS some time to say so. */
const patienceSeconds = 300;

/** `muster stop-all` and `muster resume`: the kill switch and its release. */
export function addStopAll(program: Command): void {
  const stop = program
    .command('stop-all')
    .description('stop every worker now and start no more, until resume')
    .option('--no-wait', 'do not wait until the workers are gone')
    .option('--timeout <seconds>', 'how long to wait until they are gone', toSeconds, patienceSeconds)
    .addHelpText(
      'after',
      '\nJobs are kept: what ran goes back to the queue, and runs wait. The exit code is 0 only when no worker is alive.\n\nExamples:\n  $ muster stop-all\n  $ muster stop-all --timeout 60 --json',
    );
  works<[], { wait: boolean; timeout: number }>(stop, async (context, { wait, timeout }) => {
    const { out } = context;
    const api = await context.api();
    out.note(against(api));
    const { body: asked } = await api.call('stopAll');
    const operation = wait ? await waited(context, api, asked, timeout) : asked;
    out.progress.stop();
    out.answer(operation, () => describe(operation));
    if (operation.status !== 'SUCCEEDED') throw stillAlive(operation);
    return 0;
  });

  const resume = program
    .command('resume')
    .description('let workers start again')
    .addHelpText('after', '\nExample:\n  $ muster resume');
  works<[], object>(resume, async ({ out, api }) => {
    const client = await api();
    out.note(against(client));
    const { body } = await client.call('resume');
    out.answer(body, () => ['Resumed: waiting jobs start again.']);
    return 0;
  });
}

/** Said before: with a local cloud and a deployment, people stop the wrong one. */
function against({ target: { url, foundBy } }: ApiClient): string {
  return `Against ${url} (${foundBy}).`;
}

function toSeconds(text: string): number {
  const seconds = Number(text);
  if (text.trim() !== '' && seconds >= 0 && seconds <= 86_400) return seconds;
  throw new InvalidArgumentError('It has to be a number of seconds from 0 to 86400.');
}

/** Ctrl-C ends the waiting alone: the switch has been thrown, and stays so. */
async function waited({ out }: Context, api: ApiClient, asked: Operation, timeout: number) {
  const detach = new AbortController();
  const onSignal = () => detach.abort();
  process.once('SIGINT', onSignal);
  try {
    return await untilGone(api, asked, out.progress, timeout, detach.signal);
  } catch (error) {
    if (!detach.signal.aborted) throw error;
    out.progress.stop();
    out.note(
      '\nNot waited for any more; workers are stopped all the same, and none is started until: muster resume. Look again: muster stop-all',
    );
    throw new Exit(interruptedExitCode);
  } finally {
    process.off('SIGINT', onSignal);
  }
}

/** Looks at the operation until no worker is left, or the time is over. */
export async function untilGone(
  api: ApiClient,
  asked: Operation,
  progress: Progress,
  timeoutSeconds = patienceSeconds,
  signal?: AbortSignal,
): Promise<Operation> {
  const deadlineMs = Date.now() + timeoutSeconds * 1_000;
  let operation = asked;
  while (operation.status !== 'SUCCEEDED' && Date.now() < deadlineMs) {
    progress.say(
      `still alive: ${operation.stillAlive.map(({ worker, taskArn }) => worker ?? taskArn).join(', ')}`,
    );
    const more = signal && { signal };
    await wait(Math.min(lookEveryMs, deadlineMs - Date.now()), undefined, more);
    operation = (await api.call('readOperation', { params: { id: asked.id }, ...more })).body;
  }
  return operation;
}

function describe(operation: Operation): string[] {
  if (operation.status === 'SUCCEEDED')
    return [
      'Stopped: no worker is alive, and none is started until: muster resume',
      ...(operation.waitingRuns ?? []).map(
        ({ run, status }) => `  ${run} ${status}: waits, and goes on then`,
      ),
    ];
  const nowMs = Date.now();
  return [
    'Stopping: no worker is started until: muster resume. Still alive:',
    ...operation.stillAlive.map(({ worker, lane, taskArn = `no task yet, lane ${lane}`, since }) =>
      printableLine(
        `  ${worker ?? 'not of Muster'}  for ${formatAge(nowMs - Date.parse(since))}  ${taskArn}`,
      ),
    ),
  ];
}

function stillAlive({ stillAlive: { length }, startedAt }: Operation): AppError {
  const seconds = Math.round((Date.now() - Date.parse(startedAt)) / 1_000);
  const workers = length === 1 ? '1 worker is' : `${length} workers are`;
  return new AppError('unavailable', `${workers} still alive ${seconds} s after the stop`, {
    remedy: 'the reconciler goes on stopping them; look again with: muster stop-all',
  });
}
