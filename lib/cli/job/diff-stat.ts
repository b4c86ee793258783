import type { FetchedFile } from '#adapters/client/fetch-workspace.ts';
import type { WorkspaceChange } from '#contracts/job-view.ts';
import type { Output } from '../output.ts';
import { printableLine } from '../printable.ts';

const signs = { added: 'A', modified: 'M', deleted: 'D' } as const;
/** Beyond this comparing line by line takes too long for a summary. */
const comparedLines = 3_000;

/** The changed files as the result names them, a line each, and a line that sums them up. */
export function changeLines(files: readonly WorkspaceChange[], more = 0): string[] {
  const width = Math.max(0, ...files.map(({ path }) => printableLine(path).length));
  const lines = files.map(
    (file) => `${signs[file.change]} ${printableLine(file.path).padEnd(width)}  ${linesOf(file)}`,
  );
  return [...lines, `${count(files.length + more, 'file')} changed`];
}

function linesOf({ change, bytes, linesBefore, linesAfter }: WorkspaceChange): string {
  if (change === 'deleted') return linesBefore === undefined ? 'deleted' : `${linesBefore} lines before`;
  if (linesAfter === undefined) return `${bytes} bytes`;
  if (change === 'added') return count(linesAfter, 'line');
  return linesBefore === undefined || linesBefore === linesAfter
    ? count(linesAfter, 'line')
    : `${linesBefore} → ${linesAfter} lines`;
}

/** What fetching changed in the folder, as `git diff --stat` would say it. */
export function diffStat(files: readonly FetchedFile[], out: Output): string[] {
  const width = Math.max(0, ...files.map(({ change }) => printableLine(change.path).length));
  const sums = { added: 0, removed: 0 };
  const lines = files.map((file) => {
    const name = printableLine(file.change.path).padEnd(width);
    const { added, removed, text } = judge(file);
    sums.added += added;
    sums.removed += removed;
    const marks = `${out.paint('green', '+'.repeat(Math.min(added, 20)))}${out.paint('red', '-'.repeat(Math.min(removed, 20)))}`;
    return `${signs[file.change.change]} ${name}  ${text} ${marks}`.trimEnd();
  });
  const written = files.filter(({ after }) => after !== undefined).length;
  return [...lines, `${count(written, 'file')} written, +${sums.added} -${sums.removed} lines`];
}

function judge({ change, after, before, refused }: FetchedFile) {
  const none = { added: 0, removed: 0 };
  if (refused !== undefined) return { ...none, text: `not written: ${refused}` };
  if (change.change === 'deleted') return { ...none, text: 'deleted by the agent; left as it is here' };
  const lines = compareLines(before, after);
  if (!lines) return { ...none, text: `${change.bytes} bytes` };
  if (before !== undefined && lines.added === 0 && lines.removed === 0)
    return { ...none, text: 'as it was here already' };
  return { ...lines, text: `+${lines.added} -${lines.removed}` };
}

/** Undefined where one of them is no text, or too long. */
export function compareLines(
  before: Buffer | undefined,
  after: Buffer | undefined,
): { added: number; removed: number } | undefined {
  const [old, young] = [toLines(before), toLines(after)];
  if (!old || !young) return undefined;
  let start = 0;
  while (start < old.length && start < young.length && old[start] === young[start]) start++;
  let end = 0;
  while (end < old.length - start && end < young.length - start && old.at(-1 - end) === young.at(-1 - end))
    end++;
  const [left, right] = [old.slice(start, old.length - end), young.slice(start, young.length - end)];
  if (left.length > comparedLines || right.length > comparedLines) return undefined;
  const common = commonLines(left, right);
  return { added: right.length - common, removed: left.length - common };
}

function toLines(bytes: Buffer = Buffer.alloc(0)): string[] | undefined {
  if (bytes.includes(0)) return undefined;
  const lines = bytes.toString('utf8').split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/** Length of the longest common subsequence. */
function commonLines(left: readonly string[], right: readonly string[]): number {
  let above = new Uint32Array(right.length + 1);
  for (const line of left) {
    const row = new Uint32Array(right.length + 1);
    for (const [index, other] of right.entries())
      row[index + 1] =
        line === other ? (above[index] ?? 0) + 1 : Math.max(above[index + 1] ?? 0, row[index] ?? 0);
    above = row;
  }
  return above[right.length] ?? 0;
}

function count(value: number, noun: string): string {
  return `${value} ${noun}${value === 1 ? '' : 's'}`;
}
