const dayMs = 86_400_000;

/** Milliseconds since 1970, the end not included. */
export interface Span {
  fromMs: number;
  endMs: number;
}

/** Of days like 2026-11-20, UTC, both included. */
export function spanOf({ from, to }: { from: string; to: string }): Span {
  return { fromMs: Date.parse(from), endMs: Date.parse(to) + dayMs };
}

export function isWithin({ fromMs, endMs }: Span, atMs: number | undefined): boolean {
  return atMs !== undefined && atMs >= fromMs && atMs < endMs;
}
