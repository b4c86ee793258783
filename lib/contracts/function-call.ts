import * as z from 'zod';
import { jobId } from './job-request.ts';

/** What the dispatcher hands to the worker in a function: the same as a container finds in its environment. */
export const functionCall = z.strictObject({
  v: z.literal(1),
  jobId,
  attempt: z.number().int().positive(),
  ticket: z.string().regex(/^[0-9a-f]{64}$/),
  traceparent: z.string(),
});
export type FunctionCall = z.infer<typeof functionCall>;

/** What Lambda has not started after so long it drops. */
export const functionEventAgeSeconds = 60;

/** A function that has not called back by then will not any more: it begins within seconds of its start. */
export const functionStartSeconds = functionEventAgeSeconds + 30;

/**
 * How long before its timeout a worker in a function gives its slice back, in milliseconds: time enough to end a
 * model call, to checkpoint and to say so. A quarter of shorter timeouts.
 */
export function sliceMarginMs(functionSeconds: number): number {
  return Math.min(60_000, functionSeconds * 250);
}
