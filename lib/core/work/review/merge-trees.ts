import type { SnapshotFile } from '../../ports/sandbox.ts';

/** What there is at a path. Folders count too, so that empty ones are kept. */
export type TreeEntry = Pick<SnapshotFile, 'kind' | 'sha256' | 'executable'>;
/** A workspace by its paths. */
export type Tree = ReadonlyMap<string, TreeEntry>;

export interface Merged {
  tree: Tree;
  /** Paths that both sides changed in different ways, sorted. The tree is of use only where there are none. */
  conflicts: string[];
}

export function toTree(files: readonly SnapshotFile[]): Tree {
  return new Map(
    files.map(({ path, kind, sha256, executable }) => [path, { kind, sha256, executable }] as const),
  );
}

/** Three ways, whole files: what one side alone has changed is taken. Deletions and modes are changes. */
export function mergeTrees(base: Tree, mine: Tree, head: Tree): Merged {
  const tree = new Map<string, TreeEntry>();
  const conflicts = new Set<string>();
  for (const path of new Set([...mine.keys(), ...head.keys()])) {
    const [was, ours, theirs] = [base.get(path), mine.get(path), head.get(path)];
    if (isSame(ours, was)) put(tree, path, theirs);
    else if (isSame(theirs, was) || isSame(ours, theirs)) put(tree, path, ours);
    else conflicts.add(path);
  }
  for (const path of clashes(tree)) conflicts.add(path);
  return { tree, conflicts: [...conflicts].sort() };
}

export function isSame(a: TreeEntry | undefined, b: TreeEntry | undefined): boolean {
  return a?.kind === b?.kind && a?.sha256 === b?.sha256 && a?.executable === b?.executable;
}

/** The folders above a path, the nearest last. */
export function foldersAbove(path: string): string[] {
  const names = path.split('/');
  return names.slice(1).map((_, index) => names.slice(0, index + 1).join('/'));
}

function put(tree: Map<string, TreeEntry>, path: string, entry: TreeEntry | undefined): void {
  if (entry) tree.set(path, entry);
}

/** One side has put a file where the other one has a folder with something in it. */
function clashes(tree: Tree): string[] {
  return [...tree.keys()].flatMap((path) => {
    const inTheWay = foldersAbove(path).filter((above) => (tree.get(above)?.kind ?? 'folder') !== 'folder');
    return inTheWay.length > 0 ? [path, ...inTheWay] : [];
  });
}
