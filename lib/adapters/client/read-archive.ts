import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import { AppError } from '#contracts/errors.ts';
import { ByteSource } from '../sandbox/helper/byte-source.ts';
import { Fault } from '../sandbox/helper/fault.ts';
import {
  blockBytes,
  longTypes,
  padding,
  type RawHeader,
  readHeader,
  untilNul,
} from '../sandbox/helper/tar-header.ts';

/** More than a workspace may hold, headers and all. */
const tarBytesMax = 268_435_456;

export interface ArchiveEntry {
  path: Buffer;
  kind: 'file' | 'folder' | 'symlink';
  executable: boolean;
  content: Buffer;
  /** Of a symlink. */
  target: Buffer;
}

const kinds: Readonly<Record<string, ArchiveEntry['kind']>> = { '0': 'file', '2': 'symlink', '5': 'folder' };

/**
 * What a workspace's archive holds. Nothing of it is to be trusted: a model chose names and content.
 *
 * @throws AppError `result_mismatch` for an archive that is damaged or too large
 */
export async function readArchive(archive: Uint8Array): Promise<ArchiveEntry[]> {
  try {
    const tar = await promisify(zstdDecompress)(archive, { maxOutputLength: tarBytesMax });
    return await readEntries(new ByteSource(once(tar)));
  } catch (cause) {
    const why = (cause as Error).message;
    throw new AppError('result_mismatch', `the workspace's archive cannot be read: ${why}`, {
      cause,
      retryable: false,
    });
  }
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

async function readEntries(source: ByteSource): Promise<ArchiveEntry[]> {
  const entries: ArchiveEntry[] = [];
  let long: { path?: Buffer; target?: Buffer } = {};
  for (;;) {
    const header = readHeader(await source.take(blockBytes));
    if (!header) return entries;
    const content = await takeContent(source, header);
    if (header.type === 'L' || header.type === 'K') {
      long = { ...long, [longTypes[header.type]]: untilNul(content) };
      continue;
    }
    const kind = kinds[header.type];
    if (!kind) throw new Fault('invalid_request', `there is an entry of the unknown type ${header.type}`);
    const executable = (header.mode & 0o100) !== 0;
    const target = long.target ?? header.target;
    entries.push({ path: withoutSlash(long.path ?? header.name), kind, executable, content, target });
    long = {};
  }
}

async function takeContent(source: ByteSource, { bytes }: RawHeader): Promise<Buffer> {
  const content = bytes === 0 ? Buffer.alloc(0) : await source.take(bytes);
  await source.take(padding(bytes).length);
  return content;
}

function withoutSlash(path: Buffer): Buffer {
  return path.at(-1) === 0x2f ? path.subarray(0, -1) : path;
}
