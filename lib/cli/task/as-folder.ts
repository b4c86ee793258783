import { copyFile, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { AppError } from '#contracts/errors.ts';

/** A folder as it is; a file alone in a folder of its own, until `remove`. */
export async function asFolder(path: string): Promise<{ folder: string; remove(): Promise<void> }> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new AppError('invalid_request', `there is no file or folder ${path}`, { cause });
  });
  if (found.isDirectory()) return { folder: path, remove: async () => {} };
  const folder = await mkdtemp(join(tmpdir(), 'muster-task-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    await copyFile(path, join(folder, basename(path)));
  } catch (cause) {
    await remove();
    throw new AppError('invalid_request', `${path} cannot be read`, { cause });
  }
  return { folder, remove };
}
