import { stripVTControlCharacters } from 'node:util';
import type { Stream } from '../stream.ts';

/** Lines at the end of a terminal that are drawn again and again. Nothing where there is no terminal. */
export interface LiveBoard {
  draw(lines: readonly string[]): void;
  /** Out of the way of what is to stay; the next `draw` brings it back. */
  hide(): void;
}

export interface Screen extends Stream {
  rows?: number | undefined;
}

export function makeLiveBoard(screen: Screen, isWanted: boolean): LiveBoard {
  let shown = 0;

  function hide(): void {
    if (shown > 0) screen.write(`\u001b[${shown}A\r\u001b[J`);
    shown = 0;
  }

  return {
    hide,
    draw(lines) {
      if (!isWanted || screen.isTTY !== true) return;
      hide();
      const fitting = fit(lines, screen);
      screen.write(fitting.map((line) => `${line}\n`).join(''));
      shown = fitting.length;
    },
  };
}

/** A line that wraps, or one that has left the screen at its top, could not be wiped out again. */
function fit(lines: readonly string[], { rows = 24, columns = 80 }: Screen): string[] {
  const room = Math.max(1, rows - 2);
  const some =
    lines.length <= room ? lines : [...lines.slice(0, room - 1), `… ${lines.length - room + 1} more`];
  return some.map((line) => {
    const bare = stripVTControlCharacters(line);
    return bare.length < columns ? line : `${bare.slice(0, Math.max(1, columns - 2))}…`;
  });
}
