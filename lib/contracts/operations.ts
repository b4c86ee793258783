import * as z from 'zod';
import { lanes } from './lanes.ts';
import { runStatuses } from './run-states.ts';

/** Something that takes longer than a request. Read it again until it has SUCCEEDED. */
export const operation = z
  .strictObject({
    id: z.string(),
    kind: z.literal('stop-all'),
    status: z.enum(['RUNNING', 'SUCCEEDED']),
    startedAt: z.iso.datetime(),
    startedBy: z.string(),
    /** Workers not yet known to be gone. */
    stillAlive: z.array(
      z.strictObject({
        /** `<job>#<attempt>`; missing for a task that Muster has not started. */
        worker: z.string().optional(),
        lane: z.enum(lanes),
        /** Missing as long as nobody has written it down. */
        taskArn: z.string().optional(),
        since: z.iso.datetime(),
      }),
    ),
    /** Once no worker is alive: runs that have not ended, the newest first. They go on after the resume. */
    waitingRuns: z
      .array(
        z.strictObject({ run: z.string(), status: z.enum(runStatuses), executionArn: z.string().optional() }),
      )
      .optional(),
  })
  .meta({ id: 'Operation' });
export type Operation = z.infer<typeof operation>;

/** Workers that are there, how many may be, and whether somebody has stopped everything. */
export const workersView = z.strictObject({
  lanes: z.array(z.strictObject({ lane: z.enum(lanes), held: z.number().int(), limit: z.number().int() })),
  stopped: z.strictObject({ by: z.string(), at: z.iso.datetime() }).optional(),
});
export type WorkersView = z.infer<typeof workersView>;
