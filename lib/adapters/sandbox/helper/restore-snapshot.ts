import { spawnSync } from 'node:child_process';
import { chmodSync, closeSync, constants, futimesSync, mkdirSync, openSync, symlinkSync } from 'node:fs';
import { createZstdDecompress } from 'node:zlib';
import { ByteSource } from './byte-source.ts';
import { Fault, toFault } from './fault.ts';
import { writeAll } from './files.ts';
import { joinBytes, showName } from './names.ts';
import type { SnapshotTerms } from './protocol.ts';
import { blockBytes, longTypes, padding, type RawHeader, readHeader, untilNul } from './tar-header.ts';

/** The longest path that Linux takes. */
const pathBytes = 4_096;

/** Empties the workspace and unpacks the archive there. After an error it is empty. */
export function restoreSnapshot(
  root: string,
  archive: AsyncIterable<Buffer>,
  terms: SnapshotTerms,
): Promise<void> {
  return fill(root, terms, (unpacking) => unpacking.unpack(archive, () => true));
}

/** Empties the workspace for what is to be unpacked there. After an error it is empty. */
export async function fill(
  root: string,
  terms: SnapshotTerms,
  unpack: (unpacking: Unpacking) => Promise<void>,
): Promise<void> {
  empty(root);
  try {
    const unpacking = new Unpacking(root, terms);
    await unpack(unpacking);
    unpacking.finish();
  } catch (error) {
    empty(root);
    throw error;
  }
}

/** `rm` copes with folders of any depth; folders closed by their own mode are opened first, if need be. */
export function empty(root: string): void {
  const remove = 'find . -mindepth 1 -maxdepth 1 -exec rm -rf -- {} +';
  const script = `${remove} 2>/dev/null || { chmod -R u+rwx . 2>/dev/null; ${remove}; }`;
  const { status, stderr } = spawnSync('/bin/sh', ['-c', script], { cwd: root, encoding: 'utf8' });
  if (status !== 0)
    throw new Fault('internal', `The workspace could not be emptied: ${stderr.slice(0, 500)}`);
}

async function* decompress(archive: Chunks): AsyncGenerator<Buffer> {
  const stream = createZstdDecompress();
  const feeding = feed(archive, stream);
  try {
    yield* stream;
  } catch (error) {
    throw new Fault('invalid_request', `The archive is damaged: ${(error as Error).message}`);
  } finally {
    stream.destroy();
    await feeding;
  }
}

async function feed(archive: Chunks, stream: ReturnType<typeof createZstdDecompress>): Promise<void> {
  for await (const chunk of archive) {
    if (stream.destroyed) return;
    if (!stream.write(chunk))
      await new Promise<void>((resume) => stream.once('drain', resume).once('close', resume));
  }
  stream.end();
}

type Chunks = AsyncIterable<Buffer> | Iterable<Buffer>;
/** By the path as `showName` shows it. */
export type IsWanted = (path: string, isFolder: boolean) => boolean;

class Unpacking {
  readonly #root: Buffer;
  readonly #terms: SnapshotTerms;
  /** Folders made here, and so no symlinks: nothing is ever written through another path. */
  readonly #folders = new Map<string, number>([['', 0o700]]);
  readonly #shownFolders = new Set<string>();
  readonly #taken = new Set<string>();
  readonly #symlinks: { path: Buffer; target: Buffer }[] = [];
  #bytes = 0;

  constructor(root: string, terms: SnapshotTerms) {
    this.#root = Buffer.from(root);
    this.#terms = terms;
  }

  hasFolder(shown: string): boolean {
    return this.#shownFolders.has(shown);
  }

  async unpack(archive: Chunks, isWanted: IsWanted): Promise<void> {
    const source = new ByteSource(decompress(archive));
    let long: { path?: Buffer; target?: Buffer } = {};
    for (;;) {
      const header = readHeader(await source.take(blockBytes));
      if (!header) break;
      if (header.type === 'L' || header.type === 'K') {
        long = { ...long, [longTypes[header.type]]: await takeLongName(source, header) };
        continue;
      }
      const path = checkPath(long.path ?? header.name);
      try {
        if (isWanted(showName(path), header.type === '5'))
          await this.#place(path, { ...header, target: long.target ?? header.target }, source);
        else await skip(source, header);
      } catch (error) {
        throw toFault(error, showName(path));
      }
      long = {};
    }
  }

  finish(): void {
    // Last, so that no entry can be placed through one.
    for (const { path, target } of this.#symlinks) symlinkSync(target, joinBytes(this.#root, path));
    this.#closeFolders();
  }

  async #place(path: Buffer, header: RawHeader, source: ByteSource): Promise<void> {
    this.#claim(path);
    const full = joinBytes(this.#root, path);
    if (header.type === '5') {
      mkdirSync(full, 0o700);
      this.#folders.set(path.toString('latin1'), header.mode);
      this.#shownFolders.add(showName(path));
    } else if (header.type === '2') this.#symlinks.push({ path, target: header.target });
    else if (header.type === '0') await this.#placeFile(full, header, source);
    else
      throw new Fault(
        'invalid_request',
        `The archive holds ${showName(path)}, which is no file, folder or symlink.`,
      );
  }

  async #placeFile(
    full: Buffer,
    { bytes, mode, mtimeSeconds }: RawHeader,
    source: ByteSource,
  ): Promise<void> {
    this.#bytes += bytes;
    if (this.#bytes > this.#terms.maxBytes)
      throw new Fault('payload_too_large', `The archive holds more than ${this.#terms.maxBytes} bytes.`);
    const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
    const file = openSync(full, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    try {
      for await (const piece of source.pieces(bytes)) writeAll(file, piece);
      await source.take(padding(bytes).length);
      futimesSync(file, mtimeSeconds, mtimeSeconds);
    } finally {
      closeSync(file);
    }
    chmodSync(full, mode);
  }

  #claim(path: Buffer): void {
    const key = path.toString('latin1');
    if (this.#taken.has(key))
      throw new Fault('invalid_request', `The archive holds ${showName(path)} twice.`);
    this.#taken.add(key);
    if (this.#taken.size > this.#terms.maxFiles)
      throw new Fault('payload_too_large', `The archive holds more than ${this.#terms.maxFiles} entries.`);
    const parent = key.includes('/') ? key.slice(0, key.lastIndexOf('/')) : '';
    if (!this.#folders.has(parent))
      throw new Fault(
        'invalid_request',
        `The archive holds ${showName(path)}, but not the folder that it is in.`,
      );
  }

  /** Deepest first: a folder may close itself to its owner. */
  #closeFolders(): void {
    for (const [key, mode] of [...this.#folders].reverse())
      if (key !== '') chmodSync(joinBytes(this.#root, Buffer.from(key, 'latin1')), mode);
  }
}

async function skip(source: ByteSource, { bytes }: RawHeader): Promise<void> {
  for await (const _ of source.pieces(bytes + padding(bytes).length));
}

async function takeLongName(source: ByteSource, { bytes }: RawHeader): Promise<Buffer> {
  if (bytes > pathBytes + 1) throw new Fault('invalid_request', 'The archive holds a name that is too long.');
  const content = await source.take(bytes);
  await source.take(padding(bytes).length);
  return untilNul(content);
}

/** Without the slash that ends a folder's name. */
function checkPath(name: Buffer): Buffer {
  const path = name.at(-1) === 0x2f ? name.subarray(0, -1) : name;
  const parts = path.toString('latin1').split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..'))
    throw new Fault(
      'invalid_request',
      `The archive holds the path ${JSON.stringify(showName(name))}, which is not allowed.`,
    );
  return path;
}
