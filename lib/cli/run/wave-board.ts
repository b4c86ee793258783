import type { ActionStatus } from '#contracts/run-states.ts';
import type { CycleView, RunView } from '#contracts/run-view.ts';
import { formatDuration, formatUsd } from '../format.ts';
import type { Format, Output } from '../output.ts';
import { printableLine } from '../printable.ts';
import { type Column, formatTable } from '../table.ts';

export type ActionView = CycleView['actions'][number];

const shortestTitle = 20;

/** The actions of a cycle in the order of their waves: who, how far, how long, for how much, with what verdict. */
export function waveBoard({ actions }: CycleView, out: Output, nowMs: number): string[] {
  const rows = actions.toSorted((a, b) => a.wave - b.wave || a.id - b.id);
  const columns = boardColumns(out, nowMs);
  // What is left of the terminal's width is the title's.
  const used = Math.max(...formatTable(rows, columns.map(unpainted)).map(({ length }) => length));
  const room = Math.max(shortestTitle, out.width - used - 3);
  const title: Column<ActionView> = {
    title: 'ACTION',
    value: (action) => cut(printableLine(action.title), room),
  };
  return formatTable(rows, [...columns, title]);
}

function boardColumns(out: Output, nowMs: number): Column<ActionView>[] {
  return [
    { title: 'WAVE', value: ({ wave }) => String(wave + 1), align: 'right' },
    { title: '#', value: ({ id }) => String(id), align: 'right' },
    { title: 'OWNER', value: ({ owner }) => owner },
    {
      title: 'STATE',
      value: stateOf,
      paint: (text, { status }) => out.paint(actionFormat(status), text),
    },
    { title: 'TIME', value: (action) => timeOf(action, nowMs), align: 'right' },
    { title: 'COST', value: ({ costUsd }) => formatUsd(costUsd), align: 'right' },
    { title: 'VERDICTS', value: ({ verdicts }) => countVerdicts(verdicts ?? {}) },
  ];
}

function unpainted({ paint: _, ...column }: Column<ActionView>): Column<ActionView> {
  return column;
}

/** With the revision, as soon as there is one. */
function stateOf({ status, revision }: ActionView): string {
  return revision === 0 ? status : `${status} r${revision}`;
}

function timeOf({ startedAt, endedAt }: ActionView, nowMs: number): string {
  if (startedAt === undefined) return '–';
  return formatDuration((endedAt === undefined ? nowMs : Date.parse(endedAt)) - Date.parse(startedAt));
}

const verdictWords = { met: 'met', not_met: 'not met', cannot_tell: 'cannot tell' } as const;

/** `2 met, 1 cannot tell`. */
export function countVerdicts(verdicts: NonNullable<ActionView['verdicts']>): string {
  const all = Object.values(verdicts);
  return Object.entries(verdictWords)
    .map(([verdict, words]) => ({ words, count: all.filter((each) => each === verdict).length }))
    .filter(({ count }) => count > 0)
    .map(({ words, count }) => `${count} ${words}`)
    .join(', ');
}

/** A line above a board: how the cycle stands. */
export function cycleHeading(cycle: CycleView, out: Output, nowMs: number): string {
  const { outcome, decision, end, startedAt, endedAt, costUsd, actions, planningJob } = cycle;
  const isMeeting = planningJob !== undefined && outcome === undefined && end === undefined;
  const tookMs = (endedAt === undefined ? nowMs : Date.parse(endedAt)) - Date.parse(startedAt);
  const done = actions.filter(({ status }) => status === 'DONE').length;
  const parts = [
    end === undefined ? 'open' : end,
    ...(isMeeting ? [`the meeting is ${planningJob}`] : []),
    ...(outcome === undefined
      ? []
      : [`meeting ${outcome}${decision === undefined ? '' : ` (${decision.replace('_', ' ')})`}`]),
    ...(actions.length === 0 ? [] : [`${done} of ${actions.length} actions done`]),
    formatDuration(tookMs),
    formatUsd(costUsd),
  ];
  return `${out.paint('bold', `Cycle ${cycle.cycle}`)}: ${parts.map(printableLine).join(', ')}`;
}

export function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}

export function actionFormat(status: ActionStatus): Format {
  if (status === 'DONE') return 'green';
  if (status === 'FAILED' || status === 'UNPROVEN') return 'red';
  return status === 'EXECUTING' || status === 'CHECKING' || status === 'WAITING' ? 'yellow' : 'gray';
}

export function runFormat(status: RunView['status']): Format {
  if (status === 'SUCCEEDED') return 'green';
  if (status === 'FAILED') return 'red';
  return status === 'STOPPED' ? 'gray' : 'yellow';
}
