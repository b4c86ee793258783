import { type Command, InvalidArgumentError, Option } from 'commander';
import { works } from '../command.ts';
import type { Context } from '../context.ts';
import { aborted, stopSignal } from '../stop-signals.ts';
import { usualPort } from './free-port.ts';
import type { RunningCloud } from './start-cloud.ts';

interface LocalOptions {
  port?: number;
  concurrency?: number;
  unsandboxed?: boolean;
  allowLoopbackWebhooks?: boolean;
  settings?: string;
  assembly?: string;
}

/** `muster local`: the whole system on this machine, until Ctrl-C. */
export function addLocal(program: Command): void {
  const command = program
    .command('local')
    .description('run the whole of Muster on this machine, in the foreground')
    .option('--port <n>', `port on 127.0.0.1 (default: ${usualPort}, or a free one)`, toNumber(0, 65_535))
    .option('--concurrency <n>', "workers at once (default: the machine's cores)", toNumber(1, 64))
    .option('--unsandboxed', "let agents' tools run as you where they cannot be kept apart")
    .option('--allow-loopback-webhooks', 'let callback addresses be on this machine, to try receivers out')
    .addOption(new Option('--settings <json>', 'over muster.settings of cdk.json').hideHelp())
    .addOption(new Option('--assembly <dir>', 'run this output of cdk synth as it is').hideHelp())
    .addHelpText('after', help);
  works<[], LocalOptions>(command, runLocal);
}

const help = `
It prints one line when it is ready and stays until Ctrl-C; a second Ctrl-C does not wait for workers to end.
Agents' tools run as a user of their own where this runs as root on Linux. Elsewhere they need --unsandboxed,
which lets them do what you can do; the prewritten examples of the offline model run without it.
Keys of model providers come from the environment, from .env, or from: muster keys set

Example:
  $ muster local --concurrency 4 --data /tmp/muster`;

async function runLocal({ out, dataDir }: Context, options: LocalOptions): Promise<number> {
  const stop = stopSignal({ force: true });
  // Loaded only here: the other commands need none of it, and are meant to be quick.
  const { startCloud } = await import('./start-cloud.ts');
  const { port, concurrency, settings, unsandboxed, assembly: assemblyDir } = options;
  const loopbackWebhooks = options.allowLoopbackWebhooks;
  const onStep = (step: string) => out.progress.say(step);
  try {
    const given = { dataDir, port, concurrency, settings, assemblyDir, unsandboxed, loopbackWebhooks };
    const cloud = await startCloud({ ...given, onStep, signal: stop });
    out.progress.stop();
    const ready = toReady(cloud);
    out.answer(ready, () => [toLine(ready)]);
    await aborted(stop);
    await cloud.close();
  } catch (error) {
    if (!stop.aborted) throw error;
  }
  return 0;
}

function toReady({ url, dataDir, workers, offlineModel }: RunningCloud) {
  return { url, data: dataDir, workers, model: offlineModel ? 'offline' : 'anthropic' };
}

/** One line, for people and for `grep`. */
function toLine({ url, data, workers, model }: ReturnType<typeof toReady>): string {
  const words = model === 'offline' ? ' (prewritten answers; no key is set)' : '';
  return `Muster is ready: url=${url} data=${data} workers=${workers} model=${model}${words}`;
}

function toNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };
}
