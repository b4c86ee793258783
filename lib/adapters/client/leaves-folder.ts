import { posix } from 'node:path';

/**
 * Whether a symlink may lead out of the folder that its path begins in. Steps up count only before any name:
 * behind one, which may be a symlink itself, nobody knows where they lead.
 */
export function leavesFolder(path: Buffer, target: Buffer): boolean {
  const [from, to] = [path.toString('latin1'), target.toString('latin1')];
  if (to.startsWith('/') || /(^|\/)(?!\.{1,2}\/)[^/]+\/(.*\/)?\.\.(\/|$)/.test(to)) return true;
  return /^\.\.(\/|$)/.test(posix.normalize(posix.join(posix.dirname(from), to)));
}
