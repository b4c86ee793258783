import type { ByteSource } from './byte-source.ts';
import type { LayerHeader, SnapshotTerms } from './protocol.ts';
import { fill, type IsWanted } from './restore-snapshot.ts';

/** The names of 20,000 files at their longest. */
const headersBytes = 134_217_728;

/** Empties the workspace and puts there what each of several archives is to give. After an error it is empty. */
export function assembleSnapshots(root: string, input: ByteSource, terms: SnapshotTerms): Promise<void> {
  return fill(root, terms, async (unpacking) => {
    const headers: LayerHeader[] = JSON.parse((await input.line(headersBytes)).toString('utf8'));
    const folders = new Set(headers.flatMap(({ paths }) => paths.flatMap((path) => [path, ...above(path)])));
    for (const { bytes, paths } of headers) {
      const wanted = new Set(paths);
      const isWanted: IsWanted = (path, isFolder) =>
        isFolder ? folders.has(path) && !unpacking.hasFolder(path) : wanted.has(path);
      // Whole, so that the next layer begins where this one ends, however the archive is damaged.
      await unpacking.unpack([await input.take(bytes)], isWanted);
    }
  });
}

function above(path: string): string[] {
  const names = path.split('/');
  return names.slice(1).map((_, index) => names.slice(0, index + 1).join('/'));
}
