import type { Stream } from './stream.ts';

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const showAfterMs = 1_000;
const frameMs = 120;

/** One line on stderr that says what is being waited for; only on a terminal, and only after a second. */
export interface Progress {
  say(text: string): void;
  /** Out of the way of other output; it comes back by itself. */
  hide(): void;
  stop(): void;
}

/** @param mayDraw false while somebody else's line is not finished: drawing would wipe it out */
export function makeProgress(stream: Stream, isWanted: boolean, mayDraw: () => boolean): Progress {
  let text: string | undefined;
  let sinceMs = 0;
  let frame = 0;
  let isShown = false;
  let timer: NodeJS.Timeout | undefined;

  function hide(): void {
    if (isShown) stream.write('\r\u001b[2K');
    isShown = false;
  }

  function draw(): void {
    if (text === undefined || Date.now() - sinceMs < showAfterMs || !mayDraw()) return;
    frame = (frame + 1) % frames.length;
    const line = `${frames[frame]} ${text} (${Math.round((Date.now() - sinceMs) / 1_000)} s)`;
    stream.write(`\r\u001b[2K${line.slice(0, (stream.columns || 80) - 1)}`);
    isShown = true;
  }

  return {
    hide,
    say(next) {
      if (!isWanted || stream.isTTY !== true) return;
      if (text === undefined) sinceMs = Date.now();
      text = next;
      timer ??= setInterval(draw, frameMs).unref();
    },
    stop() {
      hide();
      clearInterval(timer);
      timer = undefined;
      text = undefined;
    },
  };
}
