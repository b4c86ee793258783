import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { AppError } from '#contracts/errors.ts';
import { walk } from '../sandbox/helper/walk.ts';

/** Left out where git does not say what belongs to the folder. */
const notOurs = ['node_modules', '.git'];

export interface FolderList {
  /** Files and symlinks relative to the folder, as bytes, in the order of their bytes. */
  paths: Buffer[];
  /** Whether git said what belongs to it, `.gitignore` and all. */
  byGit: boolean;
}

/**
 * What of a folder is worth sending: in a git checkout what git keeps or would keep, elsewhere everything but
 * `node_modules` and `.git`.
 *
 * @throws AppError `invalid_request` for what is no folder
 */
export function listFolder(folder: string): FolderList {
  requireFolder(folder);
  const known = listByGit(folder);
  const paths = known ?? listAll(folder);
  const distinct = new Map(paths.map((path) => [path.toString('latin1'), path]));
  return { paths: [...distinct.values()].sort(Buffer.compare), byGit: known !== undefined };
}

function requireFolder(folder: string): void {
  try {
    readdirSync(folder);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'does not exist' : code === 'ENOTDIR' ? 'is no folder' : `: ${code}`;
    throw new AppError('invalid_request', `${folder} ${why}`, { cause });
  }
}

/** Undefined outside of a checkout, and where there is no git. */
function listByGit(folder: string): Buffer[] | undefined {
  const args = ['-C', folder, 'ls-files', '--cached', '--others', '--exclude-standard', '-z'];
  try {
    const output = execFileSync('git', args, {
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: 268_435_456,
    });
    return splitAtNul(output);
  } catch {
    // Not a checkout, or no git: the caller goes by the folder itself, and says so.
    return undefined;
  }
}

function splitAtNul(bytes: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  for (let from = 0; from < bytes.length; ) {
    const end = bytes.indexOf(0, from);
    parts.push(bytes.subarray(from, end < 0 ? bytes.length : end));
    from = end < 0 ? bytes.length : end + 1;
  }
  return parts;
}

function listAll(folder: string): Buffer[] {
  const isOurs = (name: Buffer) => !notOurs.includes(name.toString('latin1'));
  const found = [...walk(folder, { enter: ({ name }) => isOurs(name) })];
  return found.flatMap((entry) =>
    'unreadable' in entry || entry.stat.isDirectory() || !isOurs(entry.name) ? [] : [entry.path],
  );
}
