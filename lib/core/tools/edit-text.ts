import { count } from './output-text.ts';

export interface TextEdit {
  oldText: string;
  newText: string;
  replaceAll?: boolean | undefined;
}

export type EditOutcome =
  /** `line`: of the first change, from 1. */
  { text: string; replaced: number; line: number } | { fault: string };

const shownLines = 10;

export function editText(text: string, { oldText, newText, replaceAll = false }: TextEdit): EditOutcome {
  if (oldText === newText) return { fault: 'oldText and newText are the same.' };
  const places = findAll(text, oldText);
  const first = places[0];
  if (first === undefined) return { fault: whyMissing(text, oldText) };
  if (places.length > 1 && !replaceAll) return { fault: whyAmbiguous(text, places) };
  // Not `replace`, which gives `$` in the new text a meaning.
  return { text: text.split(oldText).join(newText), replaced: places.length, line: lineAt(text, first) };
}

function findAll(text: string, part: string): number[] {
  const places: number[] = [];
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length)) places.push(at);
  return places;
}

function whyMissing(text: string, oldText: string): string {
  if (text.includes(oldText.replaceAll('\n', '\r\n')))
    return 'oldText is there only with CRLF line ends: write them as \\r\\n.';
  if (squeeze(text).includes(squeeze(oldText)))
    return 'oldText is there only with other spaces or line breaks: copy it exactly as read_file shows it.';
  return 'oldText is not in the file. Read it again: it may have changed.';
}

function whyAmbiguous(text: string, places: readonly number[]): string {
  const lines = places.slice(0, shownLines).map((at) => count(lineAt(text, at)));
  const more = places.length > shownLines ? ' …' : '';
  return (
    `oldText is in it ${count(places.length)} times (lines ${lines.join(', ')}${more}). ` +
    'Give more of the text around the one you mean, or set replaceAll.'
  );
}

function lineAt(text: string, at: number): number {
  return text.slice(0, at).split('\n').length;
}

function squeeze(text: string): string {
  return text.replace(/\s+/g, '');
}
