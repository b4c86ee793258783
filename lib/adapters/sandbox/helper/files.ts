import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  lstatSync,
  openSync,
  readSync,
  type Stats,
  writeSync,
} from 'node:fs';
import { relative } from 'node:path';
import type { FileStat } from '#core/ports/sandbox.ts';
import { Fault, toFault } from './fault.ts';
import { resolveForWriting, resolveInside, resolveParent } from './resolve-path.ts';

const { O_RDONLY, O_WRONLY, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
const chunkBytes = 1_048_576;

/** The file in chunks. `O_NONBLOCK`: opening a pipe must not wait for somebody at its other end. */
export function* readWhole(root: string, path: string, maxBytes: number): Generator<Buffer> {
  const file = open(resolveInside(root, path), O_RDONLY | O_NOFOLLOW | O_NONBLOCK, path);
  try {
    requireRegular(fstatSync(file), path);
    let left = maxBytes + 1;
    for (;;) {
      const chunk = Buffer.alloc(Math.min(chunkBytes, left));
      const read = readSync(file, chunk);
      if (read === 0) return;
      left -= read;
      if (left <= 0)
        throw new Fault(
          'payload_too_large',
          `${JSON.stringify(path)} has more than ${maxBytes} bytes: read parts of it with bash.`,
        );
      yield chunk.subarray(0, read);
    }
  } finally {
    closeSync(file);
  }
}

export async function writeWhole(
  root: string,
  path: string,
  content: AsyncIterable<Buffer>,
): Promise<{ created: boolean }> {
  const target = resolveForWriting(root, path);
  const created = statOf(target) === undefined;
  const file = open(target, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK, path);
  try {
    requireRegular(fstatSync(file), path);
    ftruncateSync(file);
    for await (const chunk of content) writeAll(file, chunk);
    return { created };
  } catch (error) {
    throw toFault(error, path);
  } finally {
    closeSync(file);
  }
}

export function statPath(root: string, path: string): FileStat | undefined {
  try {
    return statOf(resolveParent(root, path));
  } catch (error) {
    const fault = toFault(error, path);
    if (fault.code === 'not_found') return undefined;
    throw fault;
  }
}

export function enterFolder(root: string, path: string): string {
  const real = resolveInside(root, path);
  if (!lstatSync(real).isDirectory())
    throw new Fault('invalid_request', `${JSON.stringify(path)} is not a folder.`);
  return relative(root, real);
}

export function toFileStat(stat: Stats): FileStat {
  const kind = stat.isFile()
    ? 'file'
    : stat.isDirectory()
      ? 'folder'
      : stat.isSymbolicLink()
        ? 'symlink'
        : 'other';
  return {
    kind,
    bytes: kind === 'folder' ? 0 : stat.size,
    executable: kind === 'file' && (stat.mode & 0o100) !== 0,
  };
}

export function writeAll(file: number, chunk: Uint8Array): void {
  for (let at = 0; at < chunk.length; ) at += writeSync(file, chunk, at);
}

function open(target: string, flags: number, path: string): number {
  try {
    return openSync(target, flags, 0o644);
  } catch (error) {
    throw toFault(error, path);
  }
}

function statOf(target: string): FileStat | undefined {
  const stat = lstatSync(target, { throwIfNoEntry: false });
  return stat && toFileStat(stat);
}

function requireRegular(stat: Stats, path: string): void {
  if (stat.isDirectory()) throw new Fault('invalid_request', `${JSON.stringify(path)} is a folder.`);
  if (!stat.isFile()) throw new Fault('invalid_request', `${JSON.stringify(path)} is not a regular file.`);
}
