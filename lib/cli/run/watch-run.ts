import type { RunView } from '#contracts/run-view.ts';
import type { Context } from '../context.ts';
import { formatUsd } from '../format.ts';
import type { Output } from '../output.ts';
import { printableLine } from '../printable.ts';
import { awaitRun } from './await-run.ts';
import { makeLiveBoard } from './live-board.ts';
import { hasEnded, outcomeExitCode, outcomeSentence } from './run-outcome.ts';
import { reportPath } from './run-show.ts';
import { makeRunView } from './run-watch-view.ts';
import { cycleHeading, runFormat, waveBoard } from './wave-board.ts';

/** Shows a run as it goes, and in the end what became of it. Returns the exit code that stands for it. */
export async function watchRun(context: Context, id: string): Promise<number> {
  const { out } = context;
  const board = makeLiveBoard(process.stdout, !out.json);
  const view = makeRunView(out);
  const run = await awaitRun(context, id, {
    onHeard(heard, now) {
      if (heard.length > 0) board.hide();
      for (const one of heard) view.heard(one, now);
    },
    onLook(now) {
      if (view.hasNews(now)) board.hide();
      view.looked(now);
      if (!hasEnded(now)) board.draw(boardLines(now, out, Date.now()));
    },
    beforeDetach: () => board.hide(),
  });
  board.hide();
  for (const line of ending(run, out)) out.line(line);
  out.answer(run, () => []);
  return outcomeExitCode(run);
}

/** The cycle that goes on, and a line about the run. */
function boardLines(run: RunView, out: Output, nowMs: number): string[] {
  const cycle = run.cycles.at(-1);
  const state = `${run.status}, ${formatUsd(run.costUsd)} of ${formatUsd(run.budgetUsd)}`;
  if (!cycle) return ['', state];
  const actions = cycle.actions.length === 0 ? [] : waveBoard(cycle, out, nowMs);
  return ['', cycleHeading(cycle, out, nowMs), ...actions, state];
}

/** What there is to know when it is over: boards, outcome, cost, and where the report is. */
export function ending(run: RunView, out: Output): string[] {
  const endedMs = Date.parse(run.endedAt ?? run.createdAt);
  const says = outcomeSentence(run);
  const outcome = [run.outcome, says].filter((part) => part !== undefined).join(': ');
  const report = reportPath(run);
  return [
    ...run.cycles.flatMap((cycle) => [
      '',
      cycleHeading(cycle, out, endedMs),
      ...(cycle.actions.length === 0 ? [] : waveBoard(cycle, out, endedMs)),
    ]),
    '',
    `${out.paint(runFormat(run.status), run.status)}  ${printableLine(outcome)}`.trimEnd(),
    ...(run.error ? [`error   ${run.error.code}: ${printableLine(run.error.message)}`] : []),
    ...(run.error?.remedy === undefined ? [] : [`        → ${printableLine(run.error.remedy)}`]),
    `cost    ${formatUsd(run.costUsd)} of ${formatUsd(run.budgetUsd)}`,
    ...(report === undefined ? [] : [`report  ${report}  (muster run files ${run.id} --out FOLDER)`]),
  ];
}
