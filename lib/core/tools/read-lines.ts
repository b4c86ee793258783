import { count, cutText } from './output-text.ts';
import { fail, succeed, type ToolOutcome } from './tool.ts';

/** Some lines of a text, as many as fit, and where to go on. */
export function readLines(
  text: string,
  { offset, limit }: { offset: number; limit: number },
  characters: number,
): ToolOutcome {
  if (text === '') return succeed('[the file is empty]');
  const lines = text.split('\n');
  // What follows the last line end is a line only if there is something in it.
  if (lines.at(-1) === '') lines.pop();
  if (offset > lines.length)
    return fail('refused', `The file has ${count(lines.length)} lines; there is no line ${count(offset)}.`);
  const shown = fitting(lines.slice(offset - 1, offset - 1 + limit), characters);
  const last = offset - 1 + shown.length;
  const content = cutText(shown.join('\n'), characters);
  if (offset === 1 && last === lines.length) return succeed(content);
  const more = last < lines.length ? `; go on with offset ${last + 1}` : '';
  return succeed(`${content}\n[lines ${count(offset)} to ${count(last)} of ${count(lines.length)}${more}]`);
}

/** At least one line, even where it is too long. */
function fitting(lines: readonly string[], characters: number): string[] {
  let sum = 0;
  const end = lines.findIndex((line) => {
    sum += line.length + 1;
    return sum > characters;
  });
  return end < 0 ? [...lines] : lines.slice(0, Math.max(1, end));
}
