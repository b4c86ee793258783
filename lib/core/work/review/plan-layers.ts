import { isSame, type Tree } from './merge-trees.ts';

/** Which paths of a merged tree come from which of its sources: the first one that has it so. */
export function planLayers(tree: Tree, sources: readonly Tree[]): string[][] {
  const layers: string[][] = sources.map(() => []);
  for (const [path, entry] of tree)
    layers[sources.findIndex((source) => isSame(source.get(path), entry))]?.push(path);
  return layers;
}

/** Whether both hold the same files; folders follow from them, or are empty. */
export function holdSameFiles(a: Tree, b: Tree): boolean {
  return (
    filesIn(a) === filesIn(b) && [...a].every(([path, e]) => e.kind === 'folder' || isSame(e, b.get(path)))
  );
}

/** Whether there is no difference at all. */
export function areSame(a: Tree, b: Tree): boolean {
  return a.size === b.size && [...a].every(([path, entry]) => isSame(entry, b.get(path)));
}

function filesIn(tree: Tree): number {
  return [...tree.values()].filter(({ kind }) => kind !== 'folder').length;
}
