import { lstatSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** The folder's own path, made where it is missing. What is in its way and is no folder is removed: no symlink is followed. */
export function makeFolder(root: string, folder: string | undefined): string {
  if (folder === undefined) return root;
  let place = root;
  for (const name of folder.split('/')) {
    place = join(place, name);
    if (lstatSync(place, { throwIfNoEntry: false })?.isDirectory()) continue;
    rmSync(place, { force: true });
    mkdirSync(place);
  }
  return place;
}
