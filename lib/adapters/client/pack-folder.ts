import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync, readlinkSync } from 'node:fs';
import { promisify } from 'node:util';
import { zstdCompress } from 'node:zlib';
import { AppError } from '#contracts/errors.ts';
import { joinBytes, showName } from '../sandbox/helper/names.ts';
import { padding, tarHeader } from '../sandbox/helper/tar-header.ts';
import { leavesFolder } from './leaves-folder.ts';
import { listFolder } from './list-folder.ts';

/** What a worker's workspace takes, without what it makes itself. */
export interface PackLimits {
  bytes: number;
  files: number;
}

/** The same as a sandbox's own; its limits are held again where the archive is unpacked. */
export const packLimits: PackLimits = { bytes: 104_857_600, files: 20_000 };

export interface PackedFolder {
  /** As a workspace takes it: a zstd-compressed tar. */
  archive: Buffer;
  sha256: string;
  files: number;
  /** Of the files, before they were compressed. */
  contentBytes: number;
  byGit: boolean;
  /** What was left out, and why, a line each. */
  leftOut: string[];
  /** Files that look like secrets; the agent will be able to read them. */
  secrets: string[];
}

const looksSecret = /(^|\/)(\.env(\.(?!example|sample|template)[^/]*)?|[^/]*\.pem|id_(rsa|ed25519|ecdsa))$/;

/**
 * A folder as an archive that an agent's workspace can begin with. The same folder gives the same bytes.
 *
 * @throws AppError `payload_too_large` with the largest files, `invalid_request` for a folder without files
 */
export async function packFolder(folder: string, limits: PackLimits = packLimits): Promise<PackedFolder> {
  const { paths, byGit } = listFolder(folder);
  const { entries, leftOut } = choose(folder, paths);
  requireFit(folder, entries, limits);
  const tar = Buffer.concat([...tarOf(entries), Buffer.alloc(1_024)]);
  const archive = await promisify(zstdCompress)(tar);
  return {
    archive,
    sha256: createHash('sha256').update(archive).digest('hex'),
    files: entries.length,
    contentBytes: sum(entries),
    byGit,
    leftOut,
    secrets: entries.map(({ path }) => showName(path)).filter((path) => looksSecret.test(path)),
  };
}

interface Entry {
  path: Buffer;
  full: Buffer;
  bytes: number;
  /** Of a symlink. */
  target?: Buffer;
}

function choose(folder: string, paths: readonly Buffer[]) {
  const entries: Entry[] = [];
  const leftOut: string[] = [];
  for (const path of paths) {
    const full = joinBytes(Buffer.from(folder), path);
    const stat = lstatSync(full, { throwIfNoEntry: false });
    // Git also names what was deleted and is not committed yet.
    if (!stat) continue;
    if (stat.isFile()) entries.push({ path, full, bytes: stat.size });
    else if (stat.isSymbolicLink()) {
      const target = readlinkSync(full, 'buffer');
      if (leavesFolder(path, target))
        leftOut.push(`${showName(path)}: a symlink that leads out of the folder`);
      else entries.push({ path, full, bytes: 0, target });
    } else leftOut.push(`${showName(path)}: ${stat.isDirectory() ? 'a repository of its own' : 'no file'}`);
  }
  return { entries, leftOut };
}

function requireFit(folder: string, entries: readonly Entry[], limits: PackLimits): void {
  if (entries.length === 0)
    throw new AppError('invalid_request', `${folder} has no files to send`, {
      remedy: 'is it ignored by git? Otherwise name another folder with --dir',
    });
  if (entries.length > limits.files)
    throw new AppError(
      'payload_too_large',
      `${folder} has ${entries.length} files; an agent's workspace takes ${limits.files}`,
      { remedy: 'send a smaller part of it, or have git ignore what is not needed' },
    );
  const bytes = sum(entries);
  if (bytes <= limits.bytes) return;
  const largest = [...entries].sort((a, b) => b.bytes - a.bytes).slice(0, 3);
  const named = largest.map((entry) => `${showName(entry.path)} (${entry.bytes})`).join(', ');
  throw new AppError(
    'payload_too_large',
    `${folder} has ${bytes} bytes; an agent's workspace takes ${limits.bytes}; the largest files are ${named}`,
    { remedy: 'send a smaller part of it, or have git ignore what is not needed' },
  );
}

function sum(entries: readonly Entry[]): number {
  return entries.reduce((total, { bytes }) => total + bytes, 0);
}

/** Every folder comes before what is in it. */
function* tarOf(entries: readonly Entry[]): Generator<Buffer> {
  const folders = new Set<string>();
  for (const entry of entries) {
    for (const path of foldersAbove(entry.path)) {
      if (folders.has(path)) continue;
      folders.add(path);
      yield tarHeader({
        path: Buffer.from(path, 'latin1'),
        kind: 'folder',
        mode: 0o755,
        bytes: 0,
        mtimeSeconds: 0,
      });
    }
    yield* entry.target ? [symlinkHeader(entry.path, entry.target)] : packFile(entry);
  }
}

/** From the outermost one, as Latin-1: one character a byte. */
function foldersAbove(path: Buffer): string[] {
  const parts = path.toString('latin1').split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

function symlinkHeader(path: Buffer, target: Buffer): Buffer {
  return tarHeader({ path, kind: 'symlink', mode: 0o777, bytes: 0, mtimeSeconds: 0, target });
}

function packFile({ path, full }: Entry): Buffer[] {
  const file = openSync(full, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const { mode, mtimeMs } = fstatSync(file);
    const content = readFileSync(file);
    const mtimeSeconds = Math.max(0, Math.floor(mtimeMs / 1_000));
    const header = { path, kind: 'file', mode: (mode & 0o755) | 0o600, mtimeSeconds } as const;
    return [tarHeader({ ...header, bytes: content.length }), content, padding(content.length)];
  } catch (cause) {
    throw new AppError('invalid_request', `${showName(path)} cannot be read`, { cause });
  } finally {
    closeSync(file);
  }
}
