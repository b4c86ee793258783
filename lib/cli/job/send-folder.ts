import { packFolder } from '#adapters/client/pack-folder.ts';
import { upload } from '#adapters/client/upload.ts';
import { AppError } from '#contracts/errors.ts';
import type { Context } from '../context.ts';
import { formatBytes } from '../format.ts';
import { printableLine } from '../printable.ts';

/** Lines of what was left out; the rest is counted. */
const shownLines = 5;

/** Packs a folder, says what is in it, and puts it where the job finds it. */
export async function sendFolder(
  { out, api }: Context,
  { type, project }: { type: string; project?: string | undefined },
  folder: string,
): Promise<{ sha256: string; bytes: number }> {
  if (type !== 'agent') throw new AppError('invalid_request', '--dir is for jobs of the type agent');
  out.progress.say(`packing ${folder}`);
  const packed = await packFolder(folder);
  const { archive, sha256, files, contentBytes, byGit, leftOut, secrets } = packed;
  const rule = byGit ? 'what git keeps or would keep' : 'all but node_modules and .git';
  const size = `${formatBytes(contentBytes)}, ${formatBytes(archive.length)} compressed`;
  const sent = `${printableLine(folder)}: ${files} file${files === 1 ? '' : 's'}, ${size} (${rule})`;
  out.note(out.paint('gray', sent));
  for (const line of leftOut.slice(0, shownLines)) out.note(`Left out: ${printableLine(line)}`);
  if (leftOut.length > shownLines) out.note(`Left out: ${leftOut.length - shownLines} more`);
  if (secrets.length > 0)
    out.note(`The agent will be able to read ${printableLine(secrets.slice(0, shownLines).join(', '))}`);
  out.progress.say(`uploading ${formatBytes(archive.length)}`);
  const placed = await upload(await api(), project, { body: archive, sha256 });
  out.progress.stop();
  return placed;
}
