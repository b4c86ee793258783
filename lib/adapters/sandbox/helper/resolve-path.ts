import { mkdirSync, realpathSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import { Fault, toFault } from './fault.ts';

/** Where a path really leads, all symlinks followed. Throws where that is outside of the workspace, or nothing. */
export function resolveInside(root: string, path: string): string {
  try {
    return requireInside(root, realpathSync(join(root, path)), path);
  } catch (error) {
    throw toFault(error, path);
  }
}

/** As above, except that the last name is taken as it is. */
export function resolveParent(root: string, path: string): string {
  const full = join(root, path);
  if (full === root) return root;
  const parent = join(path, '..');
  return join(resolveInside(root, parent === '' ? '.' : parent), basename(full));
}

/** Where a file is to be written. Makes the folders above it. */
export function resolveForWriting(root: string, path: string): string {
  const missing: string[] = [];
  for (let known = join(root, path); ; known = dirname(known)) {
    const real = tryRealpath(known, path);
    if (real === undefined) {
      missing.unshift(basename(known));
      continue;
    }
    const target = join(requireInside(root, real, path), ...missing);
    // A symlink that leads nowhere is missing too; opening it below fails, because symlinks are not followed.
    if (missing.length > 1) makeFolder(dirname(target), path);
    return target;
  }
}

function tryRealpath(full: string, path: string): string | undefined {
  try {
    return realpathSync(full);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw toFault(error, path);
  }
}

function makeFolder(folder: string, path: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw toFault(error, path);
  }
}

function requireInside(root: string, real: string, path: string): string {
  if (real === root || real.startsWith(root + sep)) return real;
  throw new Fault('invalid_request', `${JSON.stringify(path)} leads out of the workspace.`);
}
