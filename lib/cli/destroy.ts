import type { Command } from 'commander';
import { AppError } from '#contracts/errors.ts';
import { stackName } from '#contracts/settings.ts';
import { destroy, type Leftover } from '#core/operations/destroy.ts';
import { works } from './command.ts';
import { untilGone } from './stop-all.ts';
import { formatTable } from './table.ts';

interface DestroyOptions {
  deleteData?: boolean;
  keepData?: boolean;
  yes?: boolean;
}

/** `muster destroy`: everything is stopped, the stack goes, and what is left is listed with its price. */
export function addDestroy(program: Command): void {
  const command = program
    .command('destroy')
    .description('stop everything and delete the deployment; then list what is left, and what it costs')
    .option('--keep-data', 'keep the table and the bucket (this is the default)')
    .option('--delete-data', 'delete the table and the bucket too, with all jobs, runs and results')
    .option('--yes', 'do it; without this it only says what it would do')
    .addHelpText('after', '\nExamples:\n  $ muster destroy\n  $ muster destroy --delete-data --yes');
  works<[], DestroyOptions>(command, async (context, { deleteData, keepData, yes }) => {
    const { out } = context;
    if (deleteData && keepData)
      throw new AppError('invalid_request', '--keep-data and --delete-data exclude each other; give one');
    const data = deleteData ? 'delete' : 'keep';
    const api = await context.api();
    const { target } = api;
    if (target.kind === 'local') throw isLocal();
    if (!yes) throw notConfirmed(target.region, data);
    const stopEverything = async () => {
      const { body: asked } = await api.call('stopAll');
      const stopped = await untilGone(api, asked, out.progress);
      if (stopped.status !== 'SUCCEEDED') throw stillAlive(stopped.stillAlive.length);
    };
    const { makeTeardown } = await import('#adapters/aws/teardown.ts');
    const say = (step: string) => out.progress.say(step);
    const left = await destroy({ teardown: makeTeardown(target), stopEverything, say }, data);
    out.progress.stop();
    out.answer({ destroyed: stackName, region: target.region, left }, () => describe(target.region, left));
    return 0;
  });
}

function describe(region: string, left: readonly Leftover[]): string[] {
  const bootstrap =
    'Images and bundles stay in the repository and bucket of cdk bootstrap, some cents a month: npx cdk gc --unstable=gc';
  const gone = `The stack ${stackName} in ${region} is gone.`;
  if (left.length === 0) return [`${gone} Nothing of it is left.`, bootstrap];
  const table = formatTable(left, [
    { title: 'LEFT', value: ({ type }) => type },
    { title: 'NAME', value: ({ name }) => name },
    { title: 'USD/MONTH', value: ({ usdPerMonth }) => `$${usdPerMonth.toFixed(4)}`, align: 'right' },
  ]);
  return [gone, '', ...table, '', bootstrap];
}

function isLocal(): AppError {
  return new AppError('invalid_request', 'the local cloud runs here; there is nothing to destroy', {
    remedy: 'stop it with Ctrl-C and delete its data folder; for a deployed one give --region or --profile',
  });
}

function notConfirmed(region: string, data: 'keep' | 'delete'): AppError {
  const fate =
    data === 'keep' ? 'The table and the bucket stay.' : 'The table and the bucket go too, for good.';
  return new AppError(
    'invalid_request',
    `This would stop all workers and delete the stack ${stackName} in ${region}. ${fate} Nothing was done.`,
    { remedy: 'to do it, give --yes' },
  );
}

function stillAlive(count: number): AppError {
  return new AppError('unavailable', `${count} workers are still alive; nothing was deleted`, {
    remedy: 'look with muster status, and run the same command again',
  });
}
