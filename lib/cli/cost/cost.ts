import { type Command, Option } from 'commander';
import type { ApiClient } from '#adapters/client/api-client.ts';
import { awsPrices } from '#contracts/aws-prices.ts';
import { AppError } from '#contracts/errors.ts';
import { idleCost } from '#core/money/idle-cost.ts';
import { makeReceipt, type Receipt } from '#core/money/receipt.ts';
import { workFootprint } from '#core/money/work-footprint.ts';
import { works } from '../command.ts';
import { gatherUse, jobsOfRun } from './gather-use.ts';
import { idleLines, receiptLines } from './show-cost.ts';
import { templateOf } from './template-of.ts';

interface CostOptions {
  profileSettings?: 'dev' | 'prod';
}

/** `muster cost [JOB|RUN]`: what a deployment costs while nobody uses it, or what a job or a run has cost. */
export function addCost(program: Command): void {
  const command = program
    .command('cost')
    .description('what an idle deployment costs a month; or what a job or a run has cost, item by item')
    .argument('[id]', 'a job or a run')
    .addOption(
      new Option('--profile-settings <name>', "price this profile instead of cdk.json's").choices([
        'dev',
        'prod',
      ]),
    )
    .addHelpText(
      'after',
      '\nExamples:\n  $ muster cost\n  $ muster cost --profile-settings prod --json\n  $ muster cost job-0c5f…',
    );
  works<[string | undefined], CostOptions>(command, async ({ out, api }, { profileSettings }, id) => {
    if (id === undefined) {
      const cost = idleCost(await templateOf(profileSettings));
      out.answer(cost, () => idleLines(cost));
      return 0;
    }
    const { document, offline } = await costOf(await api(), id);
    out.answer(document, () => receiptLines(document));
    if (document.lines.some(({ item }) => item.startsWith('Fargate Spot')))
      out.note(out.paint('gray', 'Spot follows demand, for up to 70 % less than it says here.'));
    if (offline)
      out.note(out.paint('gray', "The offline model's words are not paid for, nor is this machine."));
    return 0;
  });
}

interface CostDocument extends Receipt {
  id: string;
  prices: { date: string; region: string };
  /** Times and tokens are measured, calls are reckoned. */
  estimated: true;
  /** It has not ended. */
  soFar: boolean;
}

async function costOf(api: ApiClient, id: string) {
  const { receipt, isOver } = id.startsWith('run-') ? await runReceipt(api, id) : await jobReceipt(api, id);
  const { date, region } = awsPrices;
  const prices = { date, region };
  const document: CostDocument = { id, prices, estimated: true, soFar: !isOver, ...receipt };
  return { document, offline: api.target.offlineModel };
}

async function jobReceipt(api: ApiClient, id: string) {
  const { body: job } = await api.call('readJob', { params: { id } });
  const receipt = makeReceipt(workFootprint(await gatherUse(api, [job])));
  return { receipt, isOver: job.endedAt !== undefined };
}

async function runReceipt(api: ApiClient, id: string) {
  const { body: run } = await api.call('readRun', { params: { id } });
  const uses = await gatherUse(api, await jobsOfRun(api, run));
  if (uses.length === 0 && run.cycles.length === 0 && run.costExplorerRequests === undefined)
    throw new AppError('not_found', `run ${id} has not begun, so it has cost nothing`);
  const { costExplorerRequests = 0 } = run;
  const receipt = makeReceipt({ ...workFootprint(uses, run.cycles), costExplorerRequests });
  return { receipt, isOver: run.endedAt !== undefined };
}
