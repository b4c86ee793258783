import { AppError } from '#contracts/errors.ts';
import { toolLimits } from '#contracts/tools.ts';

/** Refuses what cannot be a path within the workspace, whatever is on the disk. Throws `invalid_request`. */
export function checkPath(path: string): string {
  const shown = JSON.stringify(path.slice(0, 200));
  const refuse = (why: string) => new AppError('invalid_request', `The path ${shown} ${why}.`);
  if (path === '') throw new AppError('invalid_request', 'The path is empty.');
  if (path.length > toolLimits.pathCharacters)
    throw refuse(`is longer than ${toolLimits.pathCharacters} characters`);
  if (path.includes('\0')) throw refuse('holds a NUL character');
  if (path.startsWith('/')) throw refuse('is absolute: give it relative to the workspace');
  if (path.split('/').includes('..')) throw refuse('holds "..": paths stay within the workspace');
  return path;
}
