import type { ApiClient } from '#adapters/client/api-client.ts';
import { type EventStream, openEventStream } from '#adapters/client/event-stream.ts';
import { AppError } from '#contracts/errors.ts';
import type { StreamedEvent } from '#contracts/stream.ts';
import { EventTrack } from '#core/stream/event-track.ts';

interface Page<E> {
  items: E[];
  cursor?: string | undefined;
}

export interface EarOptions<E> {
  /** A page of the log, from behind a cursor. */
  readPage(after: string | undefined): Promise<Page<E>>;
  /** Something was pushed, and can be taken. */
  onPush(): void;
  /** Something has changed that has to be looked at. */
  onHint(): void;
  /** Ends it. */
  signal: AbortSignal;
}

/** Events of one run or job, pushed or read: either way each once and in order. */
export interface Ear<E> {
  /** Reads what was said and does not come by itself; with `all`, also what should, for a push may be lost. */
  catchUp(all?: boolean): Promise<void>;
  /** From now on it comes by itself, where there is a WebSocket API. */
  connect(): void;
  /** What was heard since the last time. */
  take(): E[];
  /** Whether all that is said comes by itself at the moment. */
  isLive(): boolean;
  /** No more is wanted. */
  close(): void;
}

/**
 * A connection of its own for each: one connection takes only so many watches, and a run of many cycles has more jobs.
 * What has ended needs none, and what is not there yet cannot be watched.
 */
export function makeEar<E extends { attempt?: number; seq: number }>(
  api: ApiClient,
  id: string,
  { readPage, onPush, onHint, signal }: EarOptions<E>,
): Ear<E> {
  const closed = new AbortController();
  const track = new EventTrack<E>();
  const held: E[] = [];
  let stream: EventStream | undefined;
  let mustRead = true;
  let isThere = false;

  async function read(): Promise<void> {
    for (;;) {
      const { items, cursor } = await readPage(track.cursor);
      held.push(...track.takeRead(items, cursor ?? track.cursor ?? ''));
      if (items.length === 0) return;
    }
  }

  function connect(): void {
    if (stream || !isThere) return;
    stream = openEventStream(api.target, { signal: AbortSignal.any([signal, closed.signal]) });
    stream.watch(id, {
      track: track as EventTrack<never> as EventTrack<StreamedEvent>,
      onEvents(events) {
        held.push(...(events as unknown[] as E[]));
        onPush();
      },
      onHint() {
        mustRead = true;
        onHint();
      },
    });
  }

  return {
    async catchUp(all = false) {
      if (!all && !mustRead && stream?.isLive(id)) return;
      mustRead = false;
      isThere = await unlessMissing(read);
    },
    connect,
    take: () => held.splice(0),
    isLive: () => stream?.isLive(id) ?? false,
    close: () => closed.abort(),
  };
}

/** A run says that a job begins just before its row is made. */
async function unlessMissing(read: () => Promise<void>): Promise<boolean> {
  try {
    await read();
    return true;
  } catch (error) {
    if (error instanceof AppError && error.code === 'not_found') return false;
    throw error;
  }
}
