import { styleText } from 'node:util';
import { printable } from './printable.ts';
import { makeProgress, type Progress } from './progress.ts';
import type { Stream } from './stream.ts';

export type Format = Parameters<typeof styleText>[0];

export interface OutputOptions {
  json: boolean;
  /** `NO_COLOR` is set. */
  noColor: boolean;
  stdout?: Stream;
  stderr?: Stream;
}

/** What a command says: its answer on stdout, everything else on stderr. */
export interface Output {
  readonly json: boolean;
  /** Columns of the terminal, or 80. */
  readonly width: number;
  readonly progress: Progress;
  /** The command's answer: one document with `--json`, otherwise lines for people. Called once. */
  answer(document: unknown, toLines: () => readonly string[]): void;
  /** A line of an answer that comes bit by bit; nothing with `--json`. */
  line(text?: string): void;
  /** As it comes, without a line end; nothing with `--json`. */
  raw(text: string): void;
  /** For people, on stderr; nothing with `--json`. */
  note(text: string): void;
  /** Colours on a terminal, plain text elsewhere. What is given is made printable. */
  paint(format: Format, text: string): string;
}

export function makeOutput({
  json,
  noColor,
  stdout = process.stdout,
  stderr = process.stderr,
}: OutputOptions): Output {
  const isColoured = stdout.isTTY === true && stderr.isTTY === true && !noColor;
  let isAtLineStart = true;
  const progress = makeProgress(stderr, !json, () => isAtLineStart);
  const write = (stream: Stream, text: string) => {
    progress.hide();
    stream.write(text);
    isAtLineStart = text.endsWith('\n');
  };
  return {
    json,
    width: stdout.columns || 80,
    progress,
    answer(document, toLines) {
      const text = json ? JSON.stringify(document, undefined, 2) : toLines().join('\n');
      if (text !== '') write(stdout, `${text}\n`);
    },
    line(text = '') {
      if (!json) write(stdout, `${text}\n`);
    },
    raw(text) {
      if (!json) write(stdout, printable(text));
    },
    note(text) {
      if (!json) write(stderr, `${text}\n`);
    },
    paint: (format, text) =>
      isColoured ? styleText(format, printable(text), { validateStream: false }) : printable(text),
  };
}
