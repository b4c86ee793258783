import { constants } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';

/** Of `team.yaml` and of a prompt: an order of magnitude above what a person writes. */
const fileBytes = 262_144;

export type ReadText = { text: string } | { fault: string };

/** A text file below the folder: UTF-8, not too large, and not somewhere else behind a link. */
export async function readTeamFile(folder: string, path: string): Promise<ReadText> {
  const file = await realpath(join(folder, path)).catch(missing);
  if (file === undefined) return { fault: `${path} is not there` };
  const root = await realpath(folder);
  if (!file.startsWith(`${root}${sep}`)) return { fault: `${path} leads out of the team's folder` };
  // Without waiting: a pipe in the place of a file would otherwise hang the check.
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW).catch(
    refused,
  );
  if ('fault' in handle) return { fault: `${path} cannot be read: ${handle.fault}` };
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) return { fault: `${path} is not a file` };
    if (stat.size > fileBytes) return { fault: `${path} has ${stat.size} bytes; allowed are ${fileBytes}` };
    return decode(path, await handle.readFile());
  } finally {
    await handle.close();
  }
}

function decode(path: string, bytes: Buffer): ReadText {
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes).replaceAll('\r\n', '\n') };
  } catch {
    // Nothing but UTF-8 is decoded: the fault says so.
    return { fault: `${path} is not UTF-8 text` };
  }
}

function refused(error: NodeJS.ErrnoException): { fault: string } {
  if (error.code === 'EACCES' || error.code === 'EPERM') return { fault: error.code };
  throw error;
}

function missing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR' || error.code === 'ELOOP') return undefined;
  throw error;
}
