import { type Command, InvalidArgumentError, Option } from 'commander';
import { AppError } from '#contracts/errors.ts';
import { works } from '../command.ts';
import { interruptedExitCode } from '../report-error.ts';
import type { RunningCloud } from './start-cloud.ts';

interface LocalOptions {
  port?: number;
  concurrency?: number;
  unsandboxed?: boolean;
  settings?: string;
}

/** `muster local`: the whole system on this machine, until Ctrl-C. */
export function addLocal(program: Command): void {
  const command = program
    .command('local')
    .description('run the whole of Muster on this machine, in the foreground')
    .option(
      '--port <n>',
      'port on 127.0.0.1; 0 takes any free one (default: 4610, or a free one)',
      toNumber(0, 65_535),
    )
    .option('--concurrency <n>', "workers at once (default: the machine's cores)", toNumber(1, 64))
    .option('--unsandboxed', "let agents' tools run as you (agents come with a later version)")
    .addOption(new Option('--settings <json>', 'over muster.settings of cdk.json').hideHelp())
    .addHelpText('after', '\nExample:\n  $ muster local --concurrency 4 --data /tmp/muster');
  works<[], LocalOptions>(command, async ({ out, dataDir }, options) => {
    if (options.unsandboxed) {
      throw new AppError(
        'not_supported_yet',
        "--unsandboxed is not supported yet: this version runs no agents' tools",
        {
          remedy: 'leave --unsandboxed out',
        },
      );
    }
    const stop = stopOnSignals();
    // Loaded only here: the other commands need none of it, and are meant to be quick.
    const { startCloud } = await import('./start-cloud.ts');
    out.progress.say('starting');
    const cloud = await startCloud({
      dataDir,
      port: options.port,
      concurrency: options.concurrency,
      settings: options.settings,
      onStep: (step) => out.progress.say(step),
      signal: stop,
    });
    out.progress.stop();
    const ready = toReady(cloud);
    out.answer(ready, () => [
      `Muster is ready: url=${ready.url} data=${ready.data} workers=${ready.workers} model=${ready.model}`,
    ]);
    await new Promise<void>((resolve) => {
      if (stop.aborted) resolve();
      stop.addEventListener('abort', () => resolve());
    });
    await cloud.close();
    return 0;
  });
}

function toReady({ url, dataDir, workers, offlineModel }: RunningCloud) {
  return { url, data: dataDir, workers, model: offlineModel ? 'offline (prewritten answers)' : 'anthropic' };
}

/** The first signal asks for an orderly end, the second one does not wait for it. */
function stopOnSignals(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(interruptedExitCode);
      controller.abort();
    });
  }
  return controller.signal;
}

function toNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };
}
