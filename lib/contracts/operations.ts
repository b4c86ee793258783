import * as z from 'zod';
import { lanes } from './lanes.ts';

/** Something that takes longer than a request. Read it again until it has SUCCEEDED. */
export const operation = z
  .strictObject({
    id: z.string(),
    kind: z.literal('stop-all'),
    status: z.enum(['RUNNING', 'SUCCEEDED']),
    startedAt: z.iso.datetime(),
    startedBy: z.string(),
    /** Workers not yet known to be gone: `<job>#<attempt>`. */
    stillAlive: z.array(z.strictObject({ worker: z.string(), since: z.iso.datetime() })),
  })
  .meta({ id: 'Operation' });
export type Operation = z.infer<typeof operation>;

/** Workers that are there, how many may be, and whether somebody has stopped everything. */
export const workersView = z.strictObject({
  lanes: z.array(z.strictObject({ lane: z.enum(lanes), held: z.number().int(), limit: z.number().int() })),
  stopped: z.strictObject({ by: z.string(), at: z.iso.datetime() }).optional(),
});
export type WorkersView = z.infer<typeof workersView>;
