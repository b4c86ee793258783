import * as z from 'zod';

const base = { atMs: z.number().int().nonnegative() };

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
  }),
  z.strictObject({ ...base, type: z.literal('note'), message: z.string().max(4_000) }),
]);
export type JobEvent = z.infer<typeof jobEvent>;

/** An event as `GET /jobs/{id}/events` returns it. */
export const numberedEvent = z.intersection(
  jobEvent,
  z.object({ attempt: z.number().int().positive(), seq: z.number().int().positive() }),
);
export type NumberedEvent = z.infer<typeof numberedEvent>;
