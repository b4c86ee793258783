import type { Command } from 'commander';
import type { GateView } from '#contracts/gate.ts';
import type { RunView } from '#contracts/run-view.ts';
import { works } from '../command.ts';
import { formatDuration, formatUsd } from '../format.ts';
import type { Output } from '../output.ts';
import { printableLine } from '../printable.ts';
import { formatFields } from '../table.ts';
import { outcomeSentence } from './run-outcome.ts';
import { cycleHeading, runFormat, waveBoard } from './wave-board.ts';

/** `muster run show ID`. */
export function addRunShow(run: Command): void {
  const command = run
    .command('show')
    .description('show a run: each cycle with its actions, what waits for a person, how it ended')
    .argument('<id>', 'run id')
    .addHelpText('after', '\nExample:\n  $ muster run show run-0c5f…');
  works<[string], object>(command, async ({ out, api }, _options, id) => {
    const client = await api();
    const { body } = await client.call('readRun', { params: { id } });
    const gates = out.json
      ? []
      : await Promise.all(
          body.waitsFor.map(
            async (gate) => (await client.call('readApproval', { params: { id: gate } })).body,
          ),
        );
    out.answer(body, () => describeRun(body, gates, out, Date.now()));
    return 0;
  });
}

/** Everything about a run on one page. */
export function describeRun(run: RunView, gates: readonly GateView[], out: Output, nowMs: number): string[] {
  return [
    ...formatFields(fieldsOf(run, out, nowMs)),
    ...run.cycles.flatMap((cycle) => [
      '',
      cycleHeading(cycle, out, nowMs),
      ...(cycle.actions.length === 0 ? [] : waveBoard(cycle, out, nowMs)),
      ...reasons(cycle.actions, out),
      ...recoveryLines(cycle, out),
    ]),
    ...(gates.length === 0
      ? []
      : ['', out.paint('bold', 'Waits for a person'), ...gates.flatMap(howToDecide)]),
  ];
}

type Fields = Parameters<typeof formatFields>[0];

function fieldsOf(run: RunView, out: Output, nowMs: number): Fields {
  const { error, links, endedAt, createdAt } = run;
  const says = outcomeSentence(run);
  const tookMs = (endedAt === undefined ? nowMs : Date.parse(endedAt)) - Date.parse(createdAt);
  return [
    ['id', run.id],
    ['team', `${printableLine(run.team)}  ${out.paint('gray', run.teamSha256.slice(0, 12))}`],
    ['objective', printableLine(run.objective)],
    ['status', out.paint(runFormat(run.status), run.status)],
    ['outcome', run.outcome && `${printableLine(run.outcome)}${says === undefined ? '' : `: ${says}`}`],
    ['error', error && out.paint('red', `${error.code}: ${printableLine(error.message)}`)],
    ['remedy', error?.remedy === undefined ? undefined : printableLine(error.remedy)],
    ['project', printableLine(run.project)],
    ['cycle', `${run.cycle} of at most ${run.maxCycles}`],
    ['next cycle', run.nextCycleAt],
    ['interval', run.interval && printableLine(run.interval.reason)],
    ['created', createdAt],
    ['ended', endedAt],
    ['time', formatDuration(tookMs)],
    ['cost', `${formatUsd(run.costUsd)} of ${formatUsd(run.budgetUsd)}`],
    ['models', fallbacks(run)],
    ['console', links.console && printableLine(links.console)],
    ['execution', links.executionArn && out.paint('gray', links.executionArn)],
    [
      'report',
      links.report && `${reportPath(run)}  ${out.paint('gray', `muster run files ${run.id} --out FOLDER`)}`,
    ],
  ];
}

/** As it is named below the run's files. */
export function reportPath({ links }: Pick<RunView, 'links'>): string | undefined {
  return links.report === undefined ? undefined : printableLine(links.report).replace(/^.*\/files\//, '');
}

function fallbacks({ models }: RunView): string | undefined {
  const instead = Object.entries(models).filter(([, { insteadOf }]) => insteadOf !== undefined);
  if (instead.length === 0) return undefined;
  return instead
    .map(
      ([agent, { model, insteadOf = '' }]) =>
        `${agent}: ${printableLine(model)} instead of ${printableLine(insteadOf)}`,
    )
    .join('; ');
}

/** What the cycle waits for when its actions are done, or has waited for; nobody has to do anything. */
function recoveryLines({ recovery }: RunView['cycles'][number], out: Output): string[] {
  if (!recovery) return [];
  const { alarm, status, until, endedAt, state, reason = '', okSince } = recovery;
  const name = printableLine(alarm);
  const wait =
    status === 'WATCHING'
      ? `waits until the alarm ${name} is over, until ${until} at most`
      : `has waited for the alarm ${name}: ${status} at ${endedAt}`;
  const seen = state === undefined ? 'not looked at yet' : `${state}: ${printableLine(reason)}`;
  return [
    `  ${wait}`,
    out.paint('gray', `    ${okSince === undefined ? '' : `OK since ${okSince}; `}${seen}`),
  ];
}

/** Why actions ended as they did, where they did not end well. */
function reasons(actions: RunView['cycles'][number]['actions'], out: Output): string[] {
  return actions
    .filter(({ status, reason }) => reason !== undefined && status !== 'DONE')
    .map(({ id, status, reason = '' }) => out.paint('gray', `  ${id} ${status}: ${printableLine(reason)}`));
}

/** What somebody can do about what waits. */
export function howToDecide({ id, kind, title, expiresAt, onExpiry }: GateView): string[] {
  const commands =
    kind === 'task'
      ? [`muster task complete ${id} --file FOLDER`, `muster approval reject ${id} --comment "…"`]
      : [`muster approval approve ${id}`, `muster approval reject ${id} --comment "…"`];
  return [
    printableLine(title),
    ...commands.map((command) => `  ${command}`),
    `  until ${expiresAt}; then: ${printableLine(onExpiry)}`,
  ];
}
