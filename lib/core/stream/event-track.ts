import type { StreamMessage } from '#contracts/stream.ts';

interface Numbered {
  /** Missing for events of a run, which all are of one count. */
  attempt?: number | undefined;
  seq: number;
}

export interface Taken<E> {
  /** In order, each for the first time. */
  fresh: E[];
  /** Something between the last event and these was not seen: read the log from the cursor. */
  isGap: boolean;
}

type Events = Extract<StreamMessage, { type: 'events' }>;

/**
 * Where one reader stands in the events of a job or a run, whichever way they come: from the log, or pushed, then
 * perhaps twice, late, or never. Kept at the reader, because only there is known what has arrived: a position at the
 * sender would cost a conditional write for each watcher and batch, and what was noted there and then not delivered
 * would be lost.
 */
export class EventTrack<E extends Numbered> {
  #attempt = 1;
  #seq = 0;
  #cursor: string | undefined;

  get cursor(): string | undefined {
    return this.#cursor;
  }

  /** A page of the log from behind this reader's own cursor, or an overlapping one. */
  takeRead(items: readonly E[], cursor: string): E[] {
    const fresh = items.filter((item) => this.#isBeyond(item));
    this.#advance(fresh, cursor, items);
    return fresh;
  }

  /** What was pushed. A new attempt is not taken from there: whether the one before had said more, only the log knows. */
  takeLive(items: readonly E[], cursor: string): Taken<E> {
    const fresh = items.filter((item) => this.#isBeyond(item));
    const first = fresh[0];
    if (first === undefined) return { fresh: [], isGap: false };
    const isGap = attemptOf(first) !== this.#attempt || first.seq !== this.#seq + 1;
    if (isGap) return { fresh: [], isGap };
    this.#advance(fresh, cursor, items);
    return { fresh, isGap };
  }

  take(message: Events): Taken<E> {
    const items = message.items as readonly unknown[] as readonly E[];
    if (message.live) return this.takeLive(items, message.cursor);
    return { fresh: this.takeRead(items, message.cursor), isGap: false };
  }

  /** An old page must not bring the cursor back. */
  #advance(fresh: readonly E[], cursor: string, items: readonly E[]): void {
    if (fresh.length > 0 || (items.length === 0 && this.#cursor === undefined)) this.#cursor = cursor;
    const last = fresh.at(-1);
    if (!last) return;
    this.#attempt = attemptOf(last);
    this.#seq = last.seq;
  }

  #isBeyond(item: Numbered): boolean {
    const attempt = attemptOf(item);
    return attempt > this.#attempt || (attempt === this.#attempt && item.seq > this.#seq);
  }
}

function attemptOf({ attempt = 1 }: Numbered): number {
  return attempt;
}
