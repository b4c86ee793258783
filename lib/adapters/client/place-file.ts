import {
  closeSync,
  constants,
  fchmodSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { joinBytes } from '../sandbox/helper/names.ts';
import { leavesFolder } from './leaves-folder.ts';
import type { ArchiveEntry } from './read-archive.ts';

export type Placed = { before: Buffer | undefined } | { refused: string };

/**
 * Writes one file or symlink of an archive below a folder. Refuses what would end up outside of it, what would
 * go through a symlink, and what git runs or obeys: the names are a model's.
 */
export function placeFile(folder: string, entry: ArchiveEntry): Placed {
  const parts = entry.path.toString('latin1').split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..' || part.includes('\0')))
    return { refused: 'its path leads out of the folder' };
  if (parts.some((part) => isGitFolder(part))) return { refused: 'it is in .git, which git obeys' };
  const obstacle = makeParents(folder, parts.slice(0, -1));
  if (obstacle !== undefined) return { refused: obstacle };
  const full = joinBytes(Buffer.from(folder), entry.path);
  return entry.kind === 'symlink' ? placeSymlink(full, entry) : placeContent(full, entry);
}

/** Also as file systems read it that know no case, ignore what follows a name, or shorten it. */
function isGitFolder(part: string): boolean {
  return /^(\.git|git~\d+)[ .]*(:.*)?$/i.test(part);
}

function makeParents(folder: string, parts: readonly string[]): string | undefined {
  mkdirSync(folder, { recursive: true });
  let path: Buffer = Buffer.from(folder);
  for (const part of parts) {
    path = joinBytes(path, Buffer.from(part, 'latin1'));
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (!stat) mkdirSync(path);
    else if (stat.isSymbolicLink()) return 'there is a symlink on its way';
    else if (!stat.isDirectory()) return 'there is a file where it needs a folder';
  }
  return undefined;
}

function placeContent(full: Buffer, { content, executable }: ArchiveEntry): Placed {
  const stat = lstatSync(full, { throwIfNoEntry: false });
  if (stat && !stat.isFile())
    return { refused: `there is a ${stat.isDirectory() ? 'folder' : 'symlink'} of that name` };
  const before = stat ? readFileSync(full) : undefined;
  const { O_WRONLY, O_CREAT, O_NOFOLLOW } = constants;
  const file = openSync(full, O_WRONLY | O_CREAT | O_NOFOLLOW, 0o644);
  try {
    ftruncateSync(file);
    writeFileSync(file, content);
    if (!stat && executable) fchmodSync(file, 0o755);
  } finally {
    closeSync(file);
  }
  return { before };
}

function placeSymlink(full: Buffer, { path, target }: ArchiveEntry): Placed {
  if (leavesFolder(path, target)) return { refused: 'it is a symlink that leads out of the folder' };
  const stat = lstatSync(full, { throwIfNoEntry: false });
  if (stat && !stat.isSymbolicLink()) return { refused: 'there is something else of that name' };
  const before = stat ? readlinkSync(full, 'buffer') : undefined;
  if (stat) unlinkSync(full);
  symlinkSync(target, full);
  return { before };
}
