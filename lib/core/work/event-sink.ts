import type { JobEvent } from '#contracts/job-events.ts';
import { limits } from '#contracts/limits.ts';
import type { EventsReply } from '#contracts/worker-protocol.ts';
import type { WorkerLog, WorkerTime } from '../ports/worker.ts';
import { startDeadline } from './deadline.ts';
import { utf8Length } from './utf8.ts';

/**
 * A call at most this often, unless `flushCharacters` have come together before. Each is paid for, so that they are
 * rarer while nobody is known to look on; whoever only polls sees nothing sooner than once in a while anyhow.
 */
export const flushEveryMs = { watched: 150, unwatched: 1_000 } as const;
export const flushCharacters = 4_096;
/** How long the end of an attempt waits for the last events. */
export const closeWithinMs = 5_000;

/** Longest text of one event. A character takes at most 6 bytes as JSON, so that one event always fits a call. */
const textCharacters = 8_000;
const callBytes = limits.eventBytes - 4_096;

type WithoutTime<T> = T extends unknown ? Omit<T, 'atMs'> : never;
/** An event whose time is filled in by the sink. */
export type EventBody = WithoutTime<Exclude<JobEvent, { type: 'text' }>>;

export interface EventSinkOptions {
  /** Sends numbered events; repeats itself where that helps. Answers whether anybody looks on. */
  send(firstSeq: number, events: JobEvent[], signal: AbortSignal): Promise<EventsReply>;
  time: WorkerTime;
  log: WorkerLog;
  /** Aborts when nothing may be said any more. */
  signal: AbortSignal;
}

/**
 * Gathers what a worker says and sends it in numbered batches, one call at a time. Adding never waits and
 * never throws, and events that cannot be delivered never fail a job: they are for watching, not for truth.
 */
export class EventSink {
  readonly #options: EventSinkOptions;
  #queue: JobEvent[] = [];
  #text = '';
  #nextSeq = 1;
  #lastSentAtMs = Number.NEGATIVE_INFINITY;
  #isWatched = false;
  #closed = false;
  #dead = false;
  #pump: Promise<void> | undefined;
  #wake = new AbortController();
  readonly #patience = new AbortController();
  readonly #over: AbortSignal;

  constructor(options: EventSinkOptions) {
    this.#options = options;
    this.#over = AbortSignal.any([options.signal, this.#patience.signal]);
  }

  say(event: EventBody): void {
    this.#sealText();
    this.#queue.push({ ...event, atMs: this.#options.time.nowMs() });
    // What is about to begin is told together with the first that comes of it.
    if (event.type !== 'started' && !this.#dead) this.#start();
  }

  text(delta: string): void {
    if (this.#dead) return;
    this.#text += delta;
    if (this.#text.length >= flushCharacters) this.#wake.abort();
    this.#start();
  }

  /** Sends what is left, for at most 5 s. Nothing may be added afterwards. */
  async close(): Promise<void> {
    this.#closed = true;
    const patience = startDeadline(this.#options.time, closeWithinMs, () => this.#patience.abort());
    this.#wake.abort();
    if (this.#text !== '' || this.#pump !== undefined) this.#start();
    await this.#pump;
    patience.cancel();
    const left = this.#queue.length;
    if (left > 0 && this.#dead) this.#options.log('warn', 'events were not delivered', { count: left });
  }

  #start(): void {
    this.#pump ??= this.#run().finally(() => {
      this.#pump = undefined;
    });
  }

  async #run(): Promise<void> {
    while (!this.#dead && this.#hasMore()) {
      await this.#pause();
      this.#sealText();
      await this.#sendBatch();
    }
  }

  #hasMore(): boolean {
    return this.#queue.length > 0 || this.#text !== '';
  }

  async #pause(): Promise<void> {
    const { time } = this.#options;
    const everyMs = this.#isWatched ? flushEveryMs.watched : flushEveryMs.unwatched;
    const waitMs = this.#lastSentAtMs + everyMs - time.nowMs();
    if (this.#closed || waitMs <= 0 || this.#text.length >= flushCharacters) return;
    this.#wake = new AbortController();
    // Woken early is what the signal is for.
    await time.sleep(waitMs, AbortSignal.any([this.#wake.signal, this.#over])).catch(() => undefined);
  }

  async #sendBatch(): Promise<void> {
    const batch = takeBatch(this.#queue);
    const { send, time, log } = this.#options;
    try {
      this.#isWatched = (await send(this.#nextSeq, batch, this.#over)).watched;
      this.#queue.splice(0, batch.length);
      this.#nextSeq += batch.length;
      this.#lastSentAtMs = time.nowMs();
    } catch (error) {
      // Readers stop at a gap, so what would follow could not be read: the sink says no more.
      this.#dead = true;
      log('warn', 'events cannot be delivered', {
        error: error instanceof Error ? error.message : 'unknown',
      });
    }
  }

  #sealText(): void {
    const atMs = this.#options.time.nowMs();
    for (const text of cutText(this.#text)) this.#queue.push({ type: 'text', text, atMs });
    this.#text = '';
  }
}

function takeBatch(queue: readonly JobEvent[]): JobEvent[] {
  let bytes = 0;
  let count = 0;
  for (const event of queue.slice(0, limits.eventsPerCall)) {
    bytes += utf8Length(JSON.stringify(event)) + 1;
    if (count > 0 && bytes > callBytes) break;
    count += 1;
  }
  return queue.slice(0, count);
}

function cutText(text: string): string[] {
  const pieces: string[] = [];
  let from = 0;
  while (from < text.length) {
    let to = Math.min(from + textCharacters, text.length);
    if (to < text.length && isHighSurrogate(text.charCodeAt(to - 1))) to -= 1;
    pieces.push(text.slice(from, to));
    from = to;
  }
  return pieces;
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}
