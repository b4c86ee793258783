import type { EventPosition } from '#core/ports/job-store.ts';
import type { Digest } from '#core/ports/system.ts';
import { openCursor, sealCursor } from './cursor.ts';

/** By which one reads on from behind this event, over whatever way. */
export function eventCursor(digest: Digest, job: string, { attempt, seq }: EventPosition): string {
  return sealCursor(digest, `events ${job}`, `${attempt}.${seq}`);
}

/** @throws AppError `invalid_cursor` */
export function openEventCursor(digest: Digest, job: string, cursor: string): EventPosition {
  const [attempt = 1, seq = 0] = openCursor(digest, `events ${job}`, cursor).split('.').map(Number);
  return { attempt, seq };
}

export function runEventCursor(digest: Digest, run: string, seq: number): string {
  return sealCursor(digest, `run events ${run}`, String(seq));
}

/** @throws AppError `invalid_cursor` */
export function openRunEventCursor(digest: Digest, run: string, cursor: string): number {
  return Number(openCursor(digest, `run events ${run}`, cursor));
}
