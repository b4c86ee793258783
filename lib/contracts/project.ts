import * as z from 'zod';
import { limits } from './limits.ts';
import { sha256 } from './scalars.ts';

/** A project: what its meetings remember. Money and work are asked for by its name. */
export const projectView = z
  .strictObject({
    name: z.string(),
    /** Markdown that every meeting of the project reads. */
    memory: z.string(),
    /** Of the memory: names the version that was read. */
    memorySha256: z.string(),
  })
  .meta({ id: 'Project' });
export type ProjectView = z.infer<typeof projectView>;

/** `PUT /projects/{name}`. */
export const projectChange = z.strictObject({
  memory: z.string().max(limits.memoryCharacters),
  /** The version that this one was made from: whoever read another one is refused. */
  memorySha256: sha256,
});
