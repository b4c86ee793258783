import fc from 'fast-check';
import type { Tree, TreeEntry } from '#core/work/review/merge-trees.ts';

export function entry(content: string, more: Partial<TreeEntry> = {}): TreeEntry {
  return { kind: 'file', sha256: content, executable: false, ...more };
}

/** `{path: content}`; a path that ends with a slash is a folder. */
export function treeOf(files: Record<string, string | TreeEntry>): Tree {
  return new Map(
    Object.entries(files).map(([path, content]) => {
      if (path.endsWith('/')) return [path.slice(0, -1), entry('', { kind: 'folder' })];
      return [path, typeof content === 'string' ? entry(content) : content];
    }),
  );
}

/** Few names and contents, so that sides often meet. */
const path = fc.constantFrom('a', 'b', 'c/d', 'c/e', 'c/f/g', 'h', 'i', 'j/k');
const content = fc.record({
  kind: fc.constantFrom('file' as const, 'symlink' as const),
  sha256: fc.constantFrom('1', '2', '3'),
  executable: fc.boolean(),
});
export const anyTree: fc.Arbitrary<Tree> = fc
  .array(fc.tuple(path, content), { maxLength: 8 })
  .map((entries) => new Map(entries));

export const sorted = (tree: Tree) => [...tree].sort(([a], [b]) => (a < b ? -1 : 1));
