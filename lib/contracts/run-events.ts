import * as z from 'zod';
import { ms } from './scalars.ts';

/** What happened in a run, for people who watch it. A hint: the rows are the truth. */
export const runEvent = z.strictObject({
  atMs: ms,
  type: z.enum(['cycle', 'meeting', 'plan', 'action', 'approval', 'review', 'recovery', 'end']),
  message: z.string().max(1_000),
  action: z.number().int().optional(),
  status: z.string().optional(),
  /** The job that has begun, or has ended: its own events tell more. */
  job: z.string().optional(),
});
export type RunEvent = z.infer<typeof runEvent>;
export const numberedRunEvent = runEvent.extend({ seq: z.number().int().positive() });
export type NumberedRunEvent = z.infer<typeof numberedRunEvent>;
