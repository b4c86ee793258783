import { setTimeout as wait } from 'node:timers/promises';
import type { Command } from 'commander';
import type { ApiClient } from '#adapters/client/api-client.ts';
import { AppError } from '#contracts/errors.ts';
import type { Operation } from '#contracts/operations.ts';
import { works } from './command.ts';
import { formatAge } from './format.ts';
import { printableLine } from './printable.ts';
import type { Progress } from './progress.ts';

const lookEveryMs = 500;
/** A worker gets two minutes to end, and ECS some time to say so. */
const patienceMs = 5 * 60_000;

/** `muster stop-all` and `muster resume`: the kill switch and its release. */
export function addStopAll(program: Command): void {
  const stop = program
    .command('stop-all')
    .description('stop every worker now and start no more, until resume')
    .option('--no-wait', 'do not wait until the workers are gone')
    .addHelpText(
      'after',
      '\nJobs are kept: what ran goes back to the queue.\n\nExample:\n  $ muster stop-all',
    );
  works<[], { wait: boolean }>(stop, async (context, options) => {
    const { out } = context;
    const api = await context.api();
    const { body: asked } = await api.call('stopAll');
    const operation = options.wait ? await untilGone(api, asked, out.progress) : asked;
    out.progress.stop();
    out.answer(operation, () => describe(operation));
    if (options.wait && operation.status !== 'SUCCEEDED') throw stillAlive(operation);
    return 0;
  });

  const resume = program
    .command('resume')
    .description('let workers start again')
    .addHelpText('after', '\nExample:\n  $ muster resume');
  works<[], object>(resume, async ({ out, api }) => {
    const { body } = await (await api()).call('resume');
    out.answer(body, () => ['Resumed: waiting jobs start again.']);
    return 0;
  });
}

/** Looks at the operation until no worker is left, or patience is. */
export async function untilGone(api: ApiClient, asked: Operation, progress: Progress): Promise<Operation> {
  const deadlineMs = Date.now() + patienceMs;
  let operation = asked;
  while (operation.status !== 'SUCCEEDED' && Date.now() < deadlineMs) {
    progress.say(`${operation.stillAlive.length} workers are still alive`);
    await wait(lookEveryMs);
    operation = (await api.call('readOperation', { params: { id: asked.id } })).body;
  }
  return operation;
}

function describe(operation: Operation): string[] {
  if (operation.status === 'SUCCEEDED')
    return ['Stopped: no worker is alive, and none is started until: muster resume'];
  const nowMs = Date.now();
  return [
    'Stopping: no worker is started until: muster resume. Still alive:',
    ...operation.stillAlive.map(
      ({ worker, since }) => `  ${printableLine(worker)}  for ${formatAge(nowMs - Date.parse(since))}`,
    ),
  ];
}

function stillAlive({ stillAlive: { length } }: Operation): AppError {
  return new AppError(
    'unavailable',
    `${length} workers are still alive after ${patienceMs / 60_000} minutes`,
    {
      remedy: 'the reconciler goes on stopping them; look again with: muster stop-all',
    },
  );
}
