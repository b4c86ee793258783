import { matchPath } from '../../tools/match-path.ts';
import { foldersAbove, isSame, type Tree, type TreeEntry } from './merge-trees.ts';

/**
 * What an executor left, with the protected paths as they were when it began: changed and deleted ones are put
 * back, new ones removed. `restored` names the files among them. A pattern that fits a folder protects all that
 * is in it.
 */
export function restoreProtected(
  base: Tree,
  mine: Tree,
  patterns: readonly string[],
): { tree: Tree; restored: string[] } {
  const isProtected = makeIsProtected(patterns);
  const tree = new Map<string, TreeEntry>([...mine].filter(([path]) => !isProtected(path)));
  const kept = [...base].filter(([path]) => isProtected(path));
  const above = new Set(kept.flatMap(([path]) => foldersAbove(path)));
  // Such as a symlink in the place of a protected file's folder.
  const inTheWay = [...tree].filter(([path, { kind }]) => kind !== 'folder' && above.has(path));
  for (const [path] of inTheWay) tree.delete(path);
  for (const [path, entry] of kept) tree.set(path, entry);
  const touched = new Set([...base.keys(), ...mine.keys()].filter(isProtected));
  const undone = [...touched].filter((path) => isUndone(base.get(path), mine.get(path)));
  return { tree, restored: [...undone, ...inTheWay.map(([path]) => path)].sort() };
}

function isUndone(before: TreeEntry | undefined, after: TreeEntry | undefined): boolean {
  return !isSame(before, after) && [before, after].some((entry) => entry && entry.kind !== 'folder');
}

function makeIsProtected(patterns: readonly string[]): (path: string) => boolean {
  const bare = patterns.map((pattern) => pattern.replace(/\/+$/, ''));
  return (path) =>
    [...foldersAbove(path), path].some((part) => bare.some((pattern) => matchPath(pattern, part)));
}
