import * as z from 'zod';
import { jobEvent } from './job-events.ts';
import { problem } from './job-view.ts';
import { runEvent } from './run-events.ts';

/** The stage of the WebSocket API, and so the path of its address. */
export const streamStage = 'stream';

/** What API Gateway allows, and how Muster keeps within it. Source: API Gateway quotas for WebSocket APIs. */
export const streamLimits = {
  /** API Gateway ends a connection after this, whatever goes on. */
  connectionSeconds: 7_200,
  /** … and after this when nothing was said in either direction. */
  idleSeconds: 600,
  /** Longer messages close a connection with 1009. */
  messageBytes: 131_072,
  /** Longer frames, too; what Muster sends is one frame. */
  frameBytes: 32_768,
  /** A client says something this often, so that a connection is never idle. */
  pingSeconds: 240,
  /** A run and those of its jobs that are looked at, with room. */
  watchesPerConnection: 20,
  /** Further ones see events when they look for themselves. */
  connectionsPushedTo: 1_000,
  /** Longest that telling watchers holds up the answer to a worker's `events`. */
  pushMs: 1_000,
  /** Pages of one replay; a client that is further behind is told to read on by itself. */
  replayPages: 100,
} as const;

/** What a client says. One thing a message. */
export const streamRequest = z.union(
  [
    z.strictObject({
      /** Id of a job or a run. */
      watch: z.string().max(100),
      /** A cursor of `GET …/events` or of an `events` message. Left out: from the beginning. */
      after: z.string().max(1_000).optional(),
    }),
    z.strictObject({ ping: z.literal(1) }),
  ],
  'must be {"watch": "<id of a job or a run>", "after": "<cursor>"} or {"ping": 1}',
);
export type StreamRequest = z.output<typeof streamRequest>;

const numbers = { attempt: z.number().int().positive().optional(), seq: z.number().int().positive() };
/** Of a job with its attempt, of a run without. */
export const streamedEvent = z.intersection(z.union([jobEvent, runEvent]), z.object(numbers));
export type StreamedEvent = z.output<typeof streamedEvent>;

/** What a client is told. It passes over types that it does not know. */
export const streamMessage = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('events'),
    watch: z.string(),
    items: z.array(streamedEvent),
    /** Behind the last item. */
    cursor: z.string(),
    /**
     * Pushed as it happened. Such messages may come twice, late or not at all: items are taken only where they follow
     * on the last one, and where they leave a gap the client asks again from its cursor. Others are read from the log.
     */
    live: z.boolean().optional(),
  }),
  /** The replay is over; from here on it is live. */
  z.object({ type: z.literal('watching'), watch: z.string(), cursor: z.string() }),
  /** There is more than can be sent here: read it with `GET …/events?after=`. */
  z.object({ type: z.literal('behind'), watch: z.string() }),
  /** A worker has ended its attempt: look at the job. */
  z.object({ type: z.literal('changed'), watch: z.string(), status: z.string() }),
  z.object({ type: z.literal('pong') }),
  z.object({ type: z.literal('error'), watch: z.string().optional(), problem }),
]);
export type StreamMessage = z.output<typeof streamMessage>;
