import type { ToolUseBlock } from '#contracts/conversation.ts';
import type { ToolOutcome } from '../tools/tool.ts';

const summaryCharacters = 500;
/** Of each tool, the field that tells most. */
const telling = ['command', 'path', 'url', 'name', 'key', 'summary'];

/** One line of what is asked. */
export function describeCall({ input, invalid }: ToolUseBlock): string {
  if (invalid !== undefined) return oneLine(invalid);
  const fields = typeof input === 'object' && input !== null ? (input as Record<string, unknown>) : {};
  const value = telling.map((name) => fields[name]).find((found) => typeof found === 'string');
  return oneLine(typeof value === 'string' ? value : (JSON.stringify(input) ?? ''));
}

/** One line of what came of it: of a program its last words, of everything else its first. */
export function describeOutcome({ content, run }: ToolOutcome): string {
  const lines = content.split('\n').filter((line) => line.trim() !== '');
  return oneLine((run ? lines.slice(-2) : lines.slice(0, 1)).join(' '));
}

function oneLine(text: string): string {
  // By code points, so that no half of a pair is left at the end.
  return [...text.replace(/\s+/g, ' ').trim().slice(0, summaryCharacters)]
    .slice(0, summaryCharacters - 1)
    .join('');
}
