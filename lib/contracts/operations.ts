import * as z from 'zod';

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
