import { readClientEnvironment } from '#adapters/env.ts';
import { formatDuration } from '../format.ts';
import { makeOutput, type Output } from '../output.ts';

const width = 92;

/** Numbered steps, each with what it took. */
export interface Teller {
  readonly out: Output;
  plain(text: string): void;
  step(title: string, tookMs?: number): void;
  line(text: string): void;
  /** Milliseconds since the demo began or since it was asked before. */
  sinceLast(): number;
}

export function makeTeller(): Teller {
  const out = makeOutput({ json: false, noColor: readClientEnvironment().NO_COLOR !== undefined });
  let number = 0;
  let lastMs = performance.now();
  return {
    out,
    plain: (text) => out.line(text),
    step(title, tookMs) {
      number += 1;
      const took = tookMs === undefined ? '' : formatDuration(tookMs);
      const right = took.padStart(width - title.length - 3);
      out.line(`\n${out.paint('bold', `${number}  ${title}`)}${right}`.trimEnd());
    },
    line: (text) => out.line(`   ${text}`),
    sinceLast() {
      const nowMs = performance.now();
      const elapsedMs = nowMs - lastMs;
      lastMs = nowMs;
      return elapsedMs;
    },
  };
}
