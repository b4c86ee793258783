import * as z from 'zod';
import { jobId } from './job-request.ts';

/** What the queue carries to the dispatcher. A hint: the rows say what is to be started. */
export const wakeMessage = z.strictObject({
  v: z.literal(1),
  jobId: jobId.optional(),
  traceparent: z.string().optional(),
});
export type WakeMessage = z.infer<typeof wakeMessage>;
