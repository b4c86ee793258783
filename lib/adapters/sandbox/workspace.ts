import { execFile } from 'node:child_process';
import { chmodSync, chownSync, lstatSync, mkdirSync, readdirSync, realpathSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { AppError } from '#contracts/errors.ts';
import type { SandboxLimits, WorkspaceSize } from '#core/ports/sandbox.ts';
import type { Confinement } from './confinement.ts';

/** The folder of one sandbox. The worker owns it, the tools own what is in it. */
export interface Folders {
  base: string;
  /** The workspace. */
  work: string;
  home: string;
  temporary: string;
}

/** Makes what is missing. Nothing of the tools' may be running. */
export function makeFolders(base: string, confinement: Confinement): Folders {
  mkdirSync(base, { recursive: true, mode: 0o711 });
  if (confinement.isolated) own(base);
  const real = realpathSync(base);
  const folders = {
    base: real,
    work: join(real, 'work'),
    home: join(real, 'home'),
    temporary: join(real, 'tmp'),
  };
  for (const folder of [folders.work, folders.home, folders.temporary]) makeOwned(folder, confinement);
  return folders;
}

/** The tools could otherwise put a symlink in the place of their workspace. Passable, so that they get there. */
function own(base: string): void {
  if (!lstatSync(base).isDirectory()) throw new AppError('internal', `${base} is not a folder.`);
  chownSync(base, process.getuid?.() ?? 0, process.getgid?.() ?? 0);
  chmodSync(base, 0o711);
}

function makeOwned(folder: string, confinement: Confinement): void {
  const found = lstatSync(folder, { throwIfNoEntry: false });
  if (found && !found.isDirectory()) throw new AppError('internal', `${folder} is not a folder.`);
  if (!found) mkdirSync(folder, { mode: 0o700 });
  confinement.adopt(folder);
}

/** Does not follow symlinks. What the tools can no longer change, because they are gone, is safe to remove. */
export async function removeFolders({ base, work, home, temporary }: Folders): Promise<void> {
  // Node's own removal fails below paths that are too long to name.
  await promisify(execFile)('/bin/rm', ['-rf', '--', work, home, temporary], { maxBuffer: 1_048_576 });
  if (readdirSync(base).length > 0) return;
  try {
    rmdirSync(base);
  } catch (error) {
    // A volume is mounted there: the folder is not ours to remove.
    if ((error as NodeJS.ErrnoException).code !== 'EBUSY') throw error;
  }
}

/** Counts names and sizes, up to the limits; symlinks are not followed, excluded folders not looked into. */
export function measure(
  root: string,
  { workspaceBytes, workspaceFiles }: Pick<SandboxLimits, 'workspaceBytes' | 'workspaceFiles'>,
  exclude: readonly string[],
): WorkspaceSize {
  const size = { bytes: 0, files: 0, exceeded: false };
  const folders = [Buffer.from(root)];
  for (let folder = folders.pop(); folder && !size.exceeded; folder = folders.pop()) {
    for (const entry of list(folder)) {
      const path = Buffer.concat([folder, Buffer.from('/'), entry.name]);
      if (entry.isDirectory() && exclude.includes(entry.name.toString('latin1'))) continue;
      size.files++;
      if (entry.isDirectory()) folders.push(path);
      else if (entry.isFile()) size.bytes += lstatSync(path, { throwIfNoEntry: false })?.size ?? 0;
      if (size.bytes > workspaceBytes || size.files > workspaceFiles) {
        size.exceeded = true;
        break;
      }
    }
  }
  return size;
}

function list(folder: Buffer) {
  try {
    return readdirSync(folder, { withFileTypes: true, encoding: 'buffer' });
  } catch (error) {
    // Too deep to be named, or closed by its mode: saving will say so. It counts as a name.
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENAMETOOLONG' || code === 'EACCES' || code === 'ENOENT') return [];
    throw error;
  }
}
