import { lstatSync, readdirSync, readlinkSync, type Stats } from 'node:fs';
import { relative } from 'node:path';
import type { FileEntry, ListRequest } from '#core/ports/sandbox.ts';
import { toFault } from './fault.ts';
import { toFileStat } from './files.ts';
import { joinBytes, showName } from './names.ts';
import { resolveInside } from './resolve-path.ts';

export interface Found {
  /** Relative to the root, as bytes. */
  path: Buffer;
  name: Buffer;
  stat: Stats;
  depth: number;
}

/** Something that cannot be looked at: closed by its mode, or too deep for a path to name it. */
export interface Unreadable {
  path: Buffer;
  unreadable: true;
}

export interface WalkTerms {
  /** Whether to go into a folder that was found. */
  enter(found: Found): boolean;
}

/** Everything below a folder in the order of its bytes, folders before what is in them; symlinks are not followed. */
export function* walk(root: string, { enter }: WalkTerms): Generator<Found | Unreadable> {
  const rootBytes = Buffer.from(root);
  const open: { path: Buffer; names: Buffer[] }[] = [{ path: Buffer.alloc(0), names: namesIn(rootBytes) }];
  for (let folder = open.at(-1); folder; folder = open.at(-1)) {
    const name = folder.names.pop();
    if (name === undefined) {
      open.pop();
      continue;
    }
    const path = joinBytes(folder.path, name);
    const full = joinBytes(rootBytes, path);
    try {
      const found: Found = { path, name, stat: lstatSync(full), depth: open.length };
      const names = found.stat.isDirectory() && enter(found) ? namesIn(full) : undefined;
      yield found;
      if (names) open.push({ path, names });
    } catch (error) {
      if (!isClosed(error)) throw error;
      yield { path, unreadable: true };
    }
  }
}

export function listFolder(root: string, { path = '.', depth, limit, closed = [] }: ListRequest) {
  const start = resolveInside(root, path);
  const prefix = Buffer.from(relative(root, start));
  const enter = (found: Found) => found.depth < depth && !closed.includes(showName(found.name));
  const entries: FileEntry[] = [];
  try {
    for (const found of walk(start, { enter })) {
      if (entries.length >= limit) return { entries, more: true };
      entries.push(toEntry(root, joinBytes(prefix, found.path), found));
    }
  } catch (error) {
    throw toFault(error, path);
  }
  return { entries, more: false };
}

function toEntry(root: string, path: Buffer, found: Found | Unreadable): FileEntry {
  const shown = showName(path);
  if ('unreadable' in found) return { path: shown, kind: 'other', bytes: 0, executable: false };
  const stat = toFileStat(found.stat);
  if (stat.kind !== 'symlink') return { path: shown, ...stat };
  const target = readlinkSync(joinBytes(Buffer.from(root), path), 'buffer');
  return { path: shown, ...stat, target: showName(target) };
}

/** Last name first, because names are taken from the end. */
function namesIn(folder: Buffer): Buffer[] {
  return readdirSync(folder, { encoding: 'buffer' }).sort((a, b) => Buffer.compare(b, a));
}

function isClosed(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EACCES' || code === 'ENAMETOOLONG' || code === 'ENOENT';
}
