import type { NumberedEvent } from '#contracts/job-events.ts';
import { formatDuration } from '../format.ts';
import type { Output } from '../output.ts';
import { printable, printableLine } from '../printable.ts';
import { cut } from './wave-board.ts';

/** As far as a line's time reaches. */
export const indent = ' '.repeat(13);

type Said<T extends NumberedEvent['type']> = Extract<NumberedEvent, { type: T }>;

/** What jobs say, several of them at once: each line names whose it is, and is shown when it is whole. */
export function makeJobVoice(out: Output): (job: string, who: string, event: NumberedEvent) => void {
  const calls = new Map<string, string>();
  const unfinished = new Map<string, string>();

  function speak(who: string, line: string): void {
    if (line.trim() !== '') out.line(`${indent}${out.paint('cyan', who)} ${line.trimEnd()}`);
  }

  function text(job: string, who: string, words: string): void {
    const lines = `${unfinished.get(job) ?? ''}${printable(words)}`.split('\n');
    unfinished.set(job, lines.pop() ?? '');
    for (const line of lines) speak(who, line);
  }

  function finish(job: string, who: string): void {
    speak(who, unfinished.get(job) ?? '');
    unfinished.delete(job);
  }

  function toolEnd(job: string, who: string, event: Said<'tool_end'>): void {
    const asked = calls.get(callOf(job, event)) ?? printableLine(event.tool);
    calls.delete(callOf(job, event));
    const duration = formatDuration(event.milliseconds);
    const mark = event.ok ? out.paint('green', '✓') : out.paint('red', '✗');
    const room = Math.max(20, out.width - indent.length - who.length - duration.length - 6);
    out.line(
      `${indent}${out.paint('cyan', who)} ${mark} ${cut(asked, room)}  ${out.paint('gray', duration)}`,
    );
    const answer = printableLine(event.summary);
    if (!event.ok && answer !== '') out.line(out.paint('gray', `${indent}  ${cut(answer, out.width - 15)}`));
  }

  function said({ agent, round, text: words, vote }: Said<'said'>): void {
    const head = `${out.paint('cyan', printableLine(agent))} (round ${round}, ${vote.replace('_', ' ')})`;
    const [first = '', ...more] = printable(words).trim().split('\n');
    out.line(`${indent}${head}: ${first}`);
    for (const line of more) out.line(`${indent}  ${line}`.trimEnd());
  }

  return (job, who, event) => {
    if (event.type !== 'text') finish(job, who);
    switch (event.type) {
      case 'text':
        text(job, who, event.text);
        break;
      case 'tool_start':
        calls.set(callOf(job, event), `${printableLine(event.tool)} ${printableLine(event.summary)}`.trim());
        break;
      case 'tool_end':
        toolEnd(job, who, event);
        break;
      case 'said':
        said(event);
        break;
      case 'note':
        out.line(out.paint('gray', `${indent}${who} ${printableLine(event.message)}`));
        break;
      case 'started':
      case 'turn':
      case 'checkpoint':
        break;
      default:
        // A newer deployment may say more than this version knows.
        event satisfies never;
    }
  };
}

function callOf(job: string, { attempt, id }: { attempt: number; id: string }): string {
  return `${job}/${attempt}/${id}`;
}
