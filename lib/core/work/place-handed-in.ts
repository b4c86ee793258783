import { folderOfArchive } from '#contracts/handed-in.ts';
import type { Sandbox } from '../ports/sandbox.ts';
import { readArchive } from './restore.ts';
import type { WorkContext } from './work-outcome.ts';

/**
 * Puts what people have handed in where the job's owner finds it, over whatever lay there: nobody but them says what
 * it is.
 *
 * @returns whether there was anything
 */
export async function placeHandedIn(sandbox: Sandbox, context: WorkContext): Promise<boolean> {
  const folders = Object.entries(context.started.archives ?? {}).flatMap(([name, place]) => {
    const folder = folderOfArchive(name);
    return folder === undefined ? [] : [{ folder, place }];
  });
  for (const { folder, place } of folders)
    await sandbox.restore(await readArchive(place, context), context.signal, folder);
  return folders.length > 0;
}
