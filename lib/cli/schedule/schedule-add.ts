import { type Command, Option } from 'commander';
import { overlapPolicies } from '#contracts/schedule.ts';
import { works } from '../command.ts';
import type { Context } from '../context.ts';
import { sendFolder } from '../job/send-folder.ts';
import { collect, toNumber } from '../option-values.ts';
import { scheduleBound } from './schedule-bound.ts';
import { type AddOptions, type TypedSchedule, toScheduleRequest } from './schedule-request.ts';
import { whenText } from './when-text.ts';

/** `muster schedule add NAME run TEAM [OBJECTIVE]`, or `… job TYPE [TEXT]`. */
export function addScheduleAdd(schedule: Command): void {
  const command = schedule
    .command('add')
    .description('have a run or a job started again and again; prints the id of the schedule')
    .argument('<name>', 'what the schedule is called; unique in its project')
    .argument('<kind>', 'run or job')
    .argument('<what>', 'of a run: the team; of a job: echo, chat, code, research or agent')
    .argument('[text]', 'of a run: the objective; of a job: what to say, to ask or to do')
    .option('--cron <fields>', 'minute, hour, day of the month, month, day of the week')
    .option('--zone <name>', 'whose clock --cron reads, like Europe/Berlin (default: UTC)')
    .option('--every <time>', 'instead of --cron: every 30m, 2h, 1d …; at least 1m')
    .option('--alarm <name>', 'instead of a time: each time when this alarm of CloudWatch goes off')
    .option('--cooldown <time>', 'with --alarm: nothing so soon after the last start (default: 15m)')
    .addOption(new Option('--overlap <policy>', 'while the last start still runs').choices(overlapPolicies))
    .option('--starts-at <time>', 'no tick before this, like 2027-01-01T08:00:00Z')
    .option('--ends-at <time>', 'no tick after this')
    .option('--project <name>', 'what it is grouped and paid under')
    .option('--dir <folder>', 'the files that each start begins with; .gitignore is respected')
    .option('--budget <usd>', 'what one start may cost, in US dollars', toNumber)
    .option('--callback-url <url>', 'an https address that is told of each end');
  addRunOptions(command);
  addJobOptions(command);
  command.addHelpText('after', examples);
  works<[string, string, string, string | undefined], AddOptions>(
    command,
    async (context, options, name, kind, what, text) => {
      const { out } = context;
      const typed = await toScheduleRequest({ name, kind, what, text }, options);
      const api = await context.api();
      out.note(out.paint('gray', scheduleBound(typed, api.target.offlineModel, Date.now())));
      const { dir } = options;
      const body = dir === undefined ? typed : await withFiles(context, typed, dir);
      const { body: made } = await api.call('createSchedule', { body });
      out.answer(made, () => [made.id]);
      const [next = made.when.alarm === undefined ? 'never' : 'when it goes off'] = made.next;
      out.note(out.paint('gray', `${whenText(made.when)} · next: ${next} · muster schedule show ${made.id}`));
      return 0;
    },
  );
}

/** They stay where they are put: each start begins with the same. */
async function withFiles(context: Context, body: TypedSchedule, dir: string) {
  const { starts, project } = body;
  const type = 'run' in starts ? 'agent' : starts.job.type;
  const workspace = await sendFolder(context, { type, project }, dir);
  if ('run' in starts) return { ...body, starts: { ...starts, run: { ...starts.run, workspace } } };
  const { job } = starts;
  return { ...body, starts: { job: { ...job, payload: { ...job.payload, workspace } } } };
}

const examples = `
A run must have --budget and --cycles, a job --budget: nobody is there to ask. Before it is made, the most that it can
cost within 30 days is said.

Examples:
  $ muster schedule add monday run solo "Look for outdated packages." --cron "0 9 * * 1" --zone Europe/Berlin \\
      --budget 2 --cycles 1
  $ muster schedule add pulse job echo "still there" --every 30m --budget 0.01
  $ muster schedule add digest job chat "What is new?" --cron "0 18 * * mon-fri" --budget 0.05 --overlap queue
  $ muster schedule add stuck run collaboration --alarm QueueStuck --workflow production-monitoring \\
      --budget 5 --cycles 2`;

function addRunOptions(command: Command): void {
  command
    .option('--cycles <n>', 'run: meetings at most', toNumber)
    .option('--workflow <id>', "run: instead of an objective, one of the team's workflows")
    .option('--set <name=value>', 'run: fills in a workflow; may be repeated', collect)
    .option(
      '--recovery <alarm>',
      'run: a cycle is done only when this alarm is over; {{alarm}} is that of --alarm',
    )
    .option('--within <time>', 'run: with --recovery, how long that may take (default: 30m)')
    .option('--steady <time>', 'run: with --recovery, how long it has to stay OK (default: 5m)')
    .addOption(
      new Option('--with <what>', 'run: tell it what AWS has cost lately, by service').choices(['spending']),
    )
    .option('--approve-plan', 'run: a person has to agree to each plan')
    .option('--approve-release', 'run: a person has to agree to what comes out')
    .option('--constraint <text>', 'run: what has to be kept to; may be repeated', collect)
    .option('--reference <text>', 'run: a reference document; may be repeated', collect)
    .option(
      '--learns-from <run>',
      'run: another run whose lessons each meeting gets; may be repeated',
      collect,
    );
}

function addJobOptions(command: Command): void {
  command
    .option('--file <path>', 'job: read the text from a file; - is stdin')
    .option('--payload <json>', 'job: its payload as the API takes it')
    .option('--model <id>', 'job: which model answers')
    .option('--system <text>', 'job: the system prompt')
    .option('--max-tokens <n>', 'job: at most so many tokens of answer', toNumber)
    .option('--priority <which>', 'job: high, medium or low')
    .option('--timeout <seconds>', 'job: of one try; then its worker is killed', toNumber)
    .option('--max-attempts <n>', 'job: tries before it FAILED', toNumber)
    .option('--then <json>', 'job: the job that comes next, or a list of them, as the API takes it');
}
