import * as z from 'zod';
import { projectName } from '#contracts/access.ts';
import { limits } from '#contracts/limits.ts';

/** What every list takes. */
export const pagedQuery = {
  project: projectName.optional(),
  limit: z.coerce.number().int().min(1).max(limits.pageItemsMax).default(limits.pageItemsDefault),
  cursor: z.string().max(1_000).optional(),
};
