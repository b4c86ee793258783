import type { RunOutcome } from '../ports/sandbox.ts';
import { count } from './output-text.ts';
import { fail, succeed, type ToolOutcome } from './tool.ts';

/** What a program wrote, and below it how it ended. */
export function programOutcome(run: RunOutcome, timeoutSeconds: number): ToolOutcome {
  const { output, ...rest } = run;
  const notes = [ending(run, timeoutSeconds), ...remarks(run)].map((note) => `[${note}]`);
  const content = [output.replace(/\n$/, ''), ...notes].filter((part) => part !== '').join('\n');
  const failed = run.timedOut || run.flooded || run.exitCode !== 0;
  return failed ? fail('failed', content, { run: rest }) : succeed(content, { run: rest });
}

function ending(run: RunOutcome, timeoutSeconds: number): string {
  const after = `${(run.milliseconds / 1_000).toFixed(1)} s`;
  if (run.timedOut) return `ended after ${after}: it was given ${timeoutSeconds} s`;
  if (run.flooded)
    return `ended after ${after}: it had written ${count(run.bytes)} bytes; write to a file instead`;
  if (run.exitCode === undefined) return `ended by ${run.signal ?? 'a signal'} after ${after}`;
  return `exit code ${run.exitCode}, ${after}`;
}

function remarks({ leftovers, workspace }: RunOutcome): string[] {
  const notes: string[] = [];
  if (leftovers > 0)
    notes.push(
      `${count(leftovers)} left running by the command ${leftovers === 1 ? 'was' : 'were'} ended with it`,
    );
  if (workspace.exceeded)
    notes.push('the workspace is larger than what is kept: delete what is not needed, or it will be lost');
  return notes;
}
