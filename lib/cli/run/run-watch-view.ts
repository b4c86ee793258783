import type { NumberedRunEvent } from '#contracts/run-events.ts';
import { endedActionStatuses } from '#contracts/run-states.ts';
import type { CycleView, RunView } from '#contracts/run-view.ts';
import { formatDuration } from '../format.ts';
import type { Format, Output } from '../output.ts';
import { printableLine } from '../printable.ts';
import type { Heard } from './follow-run.ts';
import { indent, makeJobVoice } from './job-voice.ts';
import type { ActionView } from './wave-board.ts';

export interface RunWatchView {
  heard(heard: Heard, run: RunView): void;
  /** What a look at the run shows that nobody has said: verdicts. */
  looked(run: RunView): void;
  /** Whether `looked` would say something. */
  hasNews(run: RunView): boolean;
}

/** A run as lines that stay. */
export function makeRunView(out: Output): RunWatchView {
  const voice = makeJobVoice(out);
  const shown = new Set<string>();

  function news(run: RunView): Judged[] {
    return run.cycles.flatMap(judgedIn).filter(({ key }) => !shown.has(key));
  }

  function tellVerdicts(judged: readonly Judged[]): void {
    for (const { key, action } of judged) {
      shown.add(key);
      for (const line of verdictLines(action, out)) out.line(line);
    }
  }

  function told(event: NumberedRunEvent, run: RunView): void {
    out.line(runLine(event, run, out));
    const cycle = run.cycles.findLast(({ startedAt }) => Date.parse(startedAt) <= event.atMs)?.cycle;
    // Right behind the news of its end, and not after what has been said since.
    if (hasEnded(event.status))
      tellVerdicts(news(run).filter(({ key }) => key === `${cycle}/${event.action}`));
  }

  return {
    heard(heard, run) {
      if ('run' in heard) told(heard.run, run);
      else voice(heard.job, speakerOf(heard.job, run), heard.event);
    },
    hasNews: (run) => news(run).length > 0,
    looked: (run) => tellVerdicts(news(run)),
  };
}

interface Judged {
  /** Of the cycle and the action. */
  key: string;
  action: ActionView;
}

function judgedIn({ cycle, actions }: CycleView): Judged[] {
  return actions
    .filter(({ status, verdicts }) => verdicts !== undefined && hasEnded(status))
    .map((action) => ({ key: `${cycle}/${action.id}`, action }));
}

function hasEnded(status: string | undefined): boolean {
  return status !== undefined && (endedActionStatuses as readonly string[]).includes(status);
}

function runLine({ atMs, type, message, status }: NumberedRunEvent, run: RunView, out: Output): string {
  const since = `+${formatDuration(atMs - Date.parse(run.createdAt))}`.padStart(11);
  return `${since}  ${out.paint(formatOf(type, status), type.padEnd(8))}  ${printableLine(message)}`;
}

const marks = {
  met: ['green', '✓ met'],
  not_met: ['red', '✗ not met'],
  cannot_tell: ['yellow', '? cannot tell'],
} as const;

function verdictLines({ id, owner, verdicts = {} }: ActionView, out: Output): string[] {
  return Object.entries(verdicts).map(([criterion, verdict]) => {
    const [format, words] = marks[verdict];
    return `${indent}${out.paint(format, words)}  ${id} ${printableLine(owner)}: ${printableLine(criterion)}`;
  });
}

/** Whose words a job's are: the action and its owner, or who looks at it. */
export function speakerOf(job: string, run: RunView): string {
  for (const { planningJob, reviewJob, actions } of run.cycles) {
    const action = actions.find(({ jobs }) => jobs.includes(job));
    if (action)
      return job.endsWith('-do') ? `[${action.id} ${printableLine(action.owner)}]` : `[${action.id} check]`;
    if (planningJob === job) return '[meeting]';
    if (reviewJob === job) return '[review]';
  }
  return `[${printableLine(job)}]`;
}

function formatOf(type: NumberedRunEvent['type'], status: string | undefined): Format {
  if (status === 'DONE' || status === 'APPROVED' || status === 'SUCCEEDED') return 'green';
  if (status === 'FAILED' || status === 'UNPROVEN' || status === 'REJECTED') return 'red';
  if (type === 'approval') return 'yellow';
  return type === 'action' ? 'gray' : 'bold';
}
