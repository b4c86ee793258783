import { createHash, type Hash } from 'node:crypto';
import { chmodSync, closeSync, constants, fstatSync, openSync, readlinkSync, readSync } from 'node:fs';
import type { Manifest, SnapshotFile } from '#core/ports/sandbox.ts';
import { Fault, toFault } from './fault.ts';
import { joinBytes, showName } from './names.ts';
import type { SnapshotTerms } from './protocol.ts';
import { padding, tarHeader } from './tar-header.ts';
import { type Found, walk } from './walk.ts';

const chunkBytes = 262_144;
const sniffBytes = 8_192;

/**
 * Reads the workspace once. Yields it as a tar (a caller that wants only the list lets the pieces go) and fills
 * in the manifest. Throws before it reads anything where the workspace is beyond its limits.
 */
export function* takeSnapshot(root: string, terms: SnapshotTerms, manifest: Manifest): Generator<Buffer> {
  for (const found of survey(root, terms, manifest)) {
    try {
      yield* packEntry(root, found, manifest);
    } catch (error) {
      throw toFault(error, showName(found.path));
    }
  }
  // Two blocks of zeros end a tar.
  yield Buffer.alloc(1_024);
}

function survey(root: string, { maxBytes, maxFiles, exclude }: SnapshotTerms, manifest: Manifest): Found[] {
  const found: Found[] = [];
  let bytes = 0;
  const skip = (path: Buffer, reason: 'excluded' | 'special' | 'unreadable') =>
    manifest.skipped.push({ path: showName(path), reason });
  const isExcluded = (entry: Found) => entry.stat.isDirectory() && exclude.includes(showName(entry.name));
  const enter = (entry: Found) => !isExcluded(entry) && openUp(root, entry);
  for (const entry of walk(root, { enter })) {
    if ('unreadable' in entry) skip(entry.path, 'unreadable');
    else if (isExcluded(entry)) skip(entry.path, 'excluded');
    else if (!isKept(entry)) skip(entry.path, 'special');
    else {
      found.push(entry);
      bytes += entry.stat.isFile() ? entry.stat.size : 0;
    }
    if (found.length > maxFiles)
      throw new Fault('payload_too_large', `The workspace holds more than ${maxFiles} files and folders.`);
  }
  if (bytes > maxBytes) throw new Fault('payload_too_large', tooLarge(found, bytes, maxBytes));
  return found;
}

/** A folder's owner may have closed it to himself; the next reader is the same owner. */
function openUp(root: string, { path, stat }: Found): boolean {
  if ((stat.mode & 0o700) !== 0o700)
    chmodSync(joinBytes(Buffer.from(root), path), (stat.mode & 0o777) | 0o700);
  return true;
}

function isKept({ stat }: Found): boolean {
  return stat.isFile() || stat.isDirectory() || stat.isSymbolicLink();
}

function tooLarge(found: readonly Found[], bytes: number, maxBytes: number): string {
  const largest = [...found].filter(({ stat }) => stat.isFile()).sort((a, b) => b.stat.size - a.stat.size);
  const named = largest.slice(0, 3).map(({ path, stat }) => `${showName(path)} (${stat.size})`);
  return `The workspace holds ${bytes} bytes, more than ${maxBytes}; the largest files are ${named.join(', ')}.`;
}

function* packEntry(root: string, { path, stat }: Found, manifest: Manifest): Generator<Buffer> {
  const shown = { path: showName(path), executable: false, bytes: 0 };
  if (stat.isDirectory()) {
    yield tarHeader({ path, kind: 'folder', mode: (stat.mode & 0o777) | 0o700, bytes: 0, mtimeSeconds: 0 });
    manifest.files.push({ ...shown, kind: 'folder', sha256: '' });
  } else if (stat.isSymbolicLink()) {
    const target = readlinkSync(joinBytes(Buffer.from(root), path), 'buffer');
    yield tarHeader({ path, kind: 'symlink', mode: 0o777, bytes: 0, mtimeSeconds: 0, target });
    const sha256 = createHash('sha256').update(target).digest('hex');
    manifest.files.push({ ...shown, kind: 'symlink', bytes: target.length, sha256 });
  } else manifest.files.push(yield* packFile(root, path));
}

function* packFile(root: string, path: Buffer): Generator<Buffer, SnapshotFile> {
  const file = openOwn(joinBytes(Buffer.from(root), path));
  try {
    const { size: bytes, mode, mtimeMs } = fstatSync(file);
    const mtimeSeconds = Math.max(0, Math.floor(mtimeMs / 1_000));
    yield tarHeader({ path, kind: 'file', mode: (mode & 0o777) | 0o600, bytes, mtimeSeconds });
    const content = new ContentDigest();
    yield* readExactly(file, bytes, content);
    yield padding(bytes);
    const executable = (mode & 0o100) !== 0;
    return { path: showName(path), kind: 'file', bytes, executable, ...content.done() };
  } finally {
    closeSync(file);
  }
}

function openOwn(full: Buffer): number {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  try {
    return openSync(full, flags);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error;
    chmodSync(full, 0o600);
    return openSync(full, flags);
  }
}

function* readExactly(file: number, bytes: number, content: ContentDigest): Generator<Buffer> {
  for (let left = bytes; left > 0; ) {
    const chunk = Buffer.alloc(Math.min(chunkBytes, left));
    const read = readSync(file, chunk);
    if (read === 0) throw new Fault('internal', 'A file became shorter while it was saved.');
    left -= read;
    content.add(chunk.subarray(0, read));
    yield chunk.subarray(0, read);
  }
}

class ContentDigest {
  readonly #hash: Hash = createHash('sha256');
  #bytes = 0;
  #lines = 0;
  #last = 0x0a;
  #isText = true;

  add(chunk: Buffer): void {
    this.#hash.update(chunk);
    if (this.#bytes < sniffBytes && chunk.subarray(0, sniffBytes - this.#bytes).includes(0))
      this.#isText = false;
    this.#bytes += chunk.length;
    if (!this.#isText) return;
    for (let at = chunk.indexOf(0x0a); at >= 0; at = chunk.indexOf(0x0a, at + 1)) this.#lines++;
    this.#last = chunk.at(-1) ?? this.#last;
  }

  done(): { sha256: string; lines?: number } {
    const sha256 = this.#hash.digest('hex');
    // A last line counts although nothing ends it.
    return this.#isText ? { sha256, lines: this.#lines + (this.#last === 0x0a ? 0 : 1) } : { sha256 };
  }
}
