import type { NumberedEvent } from '#contracts/job-events.ts';
import { isTerminal } from '#contracts/job-states.ts';
import type { JobView } from '#contracts/job-view.ts';
import { toUsd } from '#contracts/usage.ts';
import { formatDuration, formatUsd, statusFormat } from '../format.ts';
import type { Output } from '../output.ts';
import { printableLine } from '../printable.ts';

/** As far as a line's time reaches. */
const indent = ' '.repeat(11);
const shortest = 20;

export interface WatchView {
  state(job: JobView): void;
  event(event: NumberedEvent): void;
  /** What a tool is doing at the moment, for the line that says what is being waited for. */
  doing(): string | undefined;
}

/** States and events on one page: text flows, everything else has a line of its own. */
export function makeView(out: Output): WatchView {
  let isInText = false;
  const running = new Map<string, string>();

  function line(text: string): void {
    if (isInText) out.raw('\n');
    isInText = false;
    out.line(text);
  }

  function state(job: JobView): void {
    const since = `+${formatDuration(stateTimeMs(job) - Date.parse(job.createdAt))}`.padStart(9);
    const status = out.paint(statusFormat(job.status), job.status.padEnd(9));
    line(`${since}  ${status}  ${detail(job)}`.trimEnd());
    if (job.error?.remedy !== undefined) line(`${indent}→ ${printableLine(job.error.remedy)}`);
    // Calls of an attempt that is over never end.
    if (job.status !== 'RUNNING') running.clear();
  }

  function text(words: string): void {
    if (!isInText) out.raw('\n');
    isInText = true;
    out.raw(words);
  }

  function toolEnd(event: Extract<NumberedEvent, { type: 'tool_end' }>): void {
    const asked = running.get(callOf(event)) ?? printableLine(event.tool);
    running.delete(callOf(event));
    const duration = formatDuration(event.milliseconds);
    const mark = event.ok ? out.paint('green', '✓') : out.paint('red', '✗');
    line(`${indent}${mark} ${cut(asked, out.width - duration.length - 15)}  ${out.paint('gray', duration)}`);
    const answer = printableLine(event.summary);
    if (!event.ok && answer !== '') line(out.paint('gray', `${indent}  ${cut(answer, out.width - 13)}`));
  }

  function turn(event: Extract<NumberedEvent, { type: 'turn' }>): void {
    const { turn: number, stopReason, costMicroUsd, cached, totalMicroUsd } = event;
    const total = totalMicroUsd === undefined ? '' : `, ${formatUsd(toUsd(totalMicroUsd))} so far`;
    // That a model calls tools is seen from the lines that follow.
    const why = stopReason === 'tool_use' ? '' : ` (${printableLine(stopReason)})`;
    const source = cached ? ', from the response cache' : '';
    const cost = formatUsd(toUsd(costMicroUsd));
    line(out.paint('gray', `${indent}turn ${number}${why}: ${cost}${source}${total}`));
  }

  function said({ agent, round, text: words, vote }: Extract<NumberedEvent, { type: 'said' }>): void {
    line(
      `${indent}${out.paint('cyan', printableLine(agent))} (round ${round}, ${vote}): ${printableLine(words)}`,
    );
  }

  function show(event: NumberedEvent): void {
    switch (event.type) {
      case 'text':
        text(event.text);
        break;
      case 'turn':
        turn(event);
        break;
      case 'tool_start':
        running.set(callOf(event), `${printableLine(event.tool)} ${printableLine(event.summary)}`.trim());
        break;
      case 'tool_end':
        toolEnd(event);
        break;
      case 'said':
        said(event);
        break;
      case 'checkpoint':
        break;
      case 'started':
      case 'note':
        line(out.paint('gray', `${indent}${printableLine(event.message)}`));
        break;
      default:
        // A newer deployment may say more than this version knows.
        event satisfies never;
    }
  }

  return { state, event: show, doing: () => [...running.values()].at(-1) };
}

function callOf({ attempt, id }: { attempt: number; id: string }): string {
  return `${attempt}/${id}`;
}

function cut(text: string, width: number): string {
  const most = Math.max(shortest, width);
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

/** The API's own time where it has one; otherwise the moment at which the change was seen. */
function stateTimeMs(job: JobView): number {
  if (job.status === 'QUEUED' && job.attempt === 0) return Date.parse(job.createdAt);
  if (job.status === 'RUNNING' && job.startedAt !== undefined) return Date.parse(job.startedAt);
  return job.endedAt === undefined ? Date.now() : Date.parse(job.endedAt);
}

function detail(job: JobView): string {
  if (job.error) return `${job.error.code}: ${printableLine(job.error.message)}`;
  if (job.status === 'SUCCEEDED') return formatUsd(job.costUsd);
  if (job.statusReason !== undefined) return printableLine(job.statusReason);
  if (isTerminal(job.status) || job.attempt === 0) return `${job.type} ${job.id}`;
  return `attempt ${job.attempt}`;
}
