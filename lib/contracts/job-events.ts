import * as z from 'zod';

const base = { atMs: z.number().int().nonnegative() };

const call = {
  tool: z.string().max(100),
  /** The call's id in the transcript: ties `tool_end` to its `tool_start`. */
  id: z.string().max(200),
  /** A line of what is asked or answered. May hold a stranger's words: data, to be shown as it is. */
  summary: z.string().max(500),
};

/** What a worker says while it works. Numbered by the worker from 1 within an attempt. */
export const jobEvent = z.discriminatedUnion('type', [
  z.strictObject({ ...base, type: z.literal('started'), message: z.string().max(500) }),
  z.strictObject({ ...base, type: z.literal('text'), text: z.string().max(60_000) }),
  z.strictObject({
    ...base,
    type: z.literal('turn'),
    turn: z.number().int(),
    stopReason: z.string(),
    costMicroUsd: z.number().int(),
    /** Set where the answer came from the response cache. */
    cached: z.literal(true).optional(),
    /** What the job's model calls have cost so far, all attempts together. */
    totalMicroUsd: z.number().int().optional(),
  }),
  z.strictObject({ ...base, type: z.literal('tool_start'), ...call }),
  z.strictObject({
    ...base,
    type: z.literal('tool_end'),
    ...call,
    ok: z.boolean(),
    milliseconds: z.number().int().nonnegative(),
  }),
  /** Everything up to this segment of the transcript outlives the worker. */
  z.strictObject({ ...base, type: z.literal('checkpoint'), segment: z.number().int().positive() }),
  z.strictObject({ ...base, type: z.literal('note'), message: z.string().max(4_000) }),
  /** A member of a meeting has spoken. Its own words: data, to be shown as they are. */
  z.strictObject({
    ...base,
    type: z.literal('said'),
    agent: z.string().max(40),
    round: z.number().int().positive(),
    text: z.string().max(8_000),
    vote: z.enum(['go', 'no_go']),
  }),
]);
export type JobEvent = z.infer<typeof jobEvent>;

/** An event as `GET /jobs/{id}/events` returns it. */
export const numberedEvent = z.intersection(
  jobEvent,
  z.object({ attempt: z.number().int().positive(), seq: z.number().int().positive() }),
);
export type NumberedEvent = z.infer<typeof numberedEvent>;
