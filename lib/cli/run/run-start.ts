import type { Command } from 'commander';
import type { RunView } from '#contracts/run-view.ts';
import { works } from '../command.ts';
import type { Context } from '../context.ts';
import { idempotencyKeyOf } from '../job/job-request-options.ts';
import { sendFolder } from '../job/send-folder.ts';
import { collect, toNumber } from '../option-values.ts';
import { beforeStart } from './before-start.ts';
import { type StartOptions, toRunRequest } from './run-request-options.ts';
import { watchRun } from './watch-run.ts';

/** `muster run start TEAM [OBJECTIVE]`. */
export function addRunStart(run: Command): void {
  const command = run
    .command('start')
    .description('give a team an objective; prints the id of the run')
    .argument('<team>', 'name of a team: muster team list')
    .argument('[objective]', 'what the team is to reach')
    .option('--workflow <id>', "instead of an objective: one of the team's workflows")
    .option('--set <name=value>', 'fills in a workflow; may be repeated', collect)
    .option('--dir <folder>', 'the files that the run begins with; .gitignore is respected')
    .option('--project <name>', 'what the run is grouped and paid under')
    .option('--budget <usd>', "what it may cost, in US dollars (default: the team's)", toNumber)
    .option('--cycles <n>', "meetings at most (default: the team's)", toNumber)
    .option('--approve-plan', 'a person has to agree to each plan')
    .option('--approve-release', 'a person has to agree to what comes out')
    .option('--constraint <text>', 'what has to be kept to; may be repeated', collect)
    .option('--file <path>', 'a file of the folder to look at first; may be repeated', collect)
    .option('--reference <text>', 'a reference document, by path or address; may be repeated', collect)
    .option('--learns-from <run>', 'another run whose lessons each meeting gets; may be repeated', collect)
    .option('--every <time>', 'begin a cycle every 30m, 2h, 1d …; without it one follows the other')
    .option('--adapt <from-to>', 'with --every: sooner after failures, later when idle; bounds like 10m-2h')
    .option('--recovery <alarm>', 'a cycle is done only when this alarm of CloudWatch is over')
    .option('--within <time>', 'with --recovery: how long that may take (default: 30m)')
    .option('--steady <time>', 'with --recovery: how long it has to stay OK (default: 5m)')
    .option('--idempotency-key <key>', 'the same key and request again give the same run')
    .option('--watch', 'follow the run to its end')
    .addHelpText('after', examples);
  works<[string, string | undefined], StartOptions>(command, async (context, options, team, objective) => {
    const request = toRunRequest(team, objective, options);
    const started = await start(context, options, request);
    return options.watch ? watchRun(context, started.id) : tell(context, started);
  });
}

const examples = `
What it costs at most, and which agents work with another model than their own, is said before anything begins.

Examples:
  $ muster run start solo "Make the tests of this library pass." --dir ./project --budget 1 --watch
  $ muster run start software "A command line for the stock." --approve-plan
  $ muster run start collaboration --workflow production-monitoring --set alarm=shop-5xx`;

async function start(
  context: Context,
  options: StartOptions,
  request: ReturnType<typeof toRunRequest>,
): Promise<RunView> {
  const { out } = context;
  const api = await context.api();
  const { body: team } = await api.call('readTeam', { params: { name: request.team } });
  const { offlineModel } = api.target;
  const bounds = { budgetUsd: options.budget, cycles: options.cycles, offlineModel };
  for (const line of beforeStart(team, bounds)) out.note(out.paint('gray', line));
  const { dir, project } = options;
  const workspace =
    dir === undefined ? undefined : await sendFolder(context, { type: 'agent', project }, dir);
  const body = { ...request, ...(workspace && { workspace }) };
  return (await api.call('startRun', { body, idempotencyKey: idempotencyKeyOf(options) })).body;
}

/** Prints the id alone on stdout, so that scripts can take it. */
function tell({ out }: Context, run: RunView): 0 {
  out.answer(run, () => [run.id]);
  out.note(out.paint('gray', `${run.status} · watch it: muster run watch ${run.id}`));
  return 0;
}
