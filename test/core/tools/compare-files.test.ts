import { expect, test } from '@jest/globals';
import type { SnapshotFile } from '../../../lib/core/ports/sandbox.ts';
import { compareFiles } from '../../../lib/core/tools/compare-files.ts';

function file(path: string, sha256: string, more: Partial<SnapshotFile> = {}): SnapshotFile {
  return { path, kind: 'file', bytes: 10, sha256, executable: false, lines: 2, ...more };
}

test('added, modified and deleted files are told apart; folders are not counted', () => {
  const before = [
    file('same', 'a'),
    file('old', 'b'),
    file('grown', 'c'),
    file('mode', 'd'),
    file('link', 'e'),
  ];
  const after = [
    file('same', 'a'),
    file('grown', 'C', { bytes: 30, lines: 5 }),
    file('mode', 'd', { executable: true }),
    file('link', 'e', { kind: 'symlink' }),
    file('new', 'f', { lines: undefined }),
    file('folder', '', { kind: 'folder' }),
  ];
  const changes = compareFiles(before, after);
  expect(changes.added).toEqual([
    { path: 'new', bytesBefore: 0, bytesAfter: 10, linesBefore: undefined, linesAfter: undefined },
  ]);
  expect(changes.modified.map(({ path }) => path)).toEqual(['grown', 'mode', 'link']);
  expect(changes.modified[0]).toEqual({
    path: 'grown',
    bytesBefore: 10,
    bytesAfter: 30,
    linesBefore: 2,
    linesAfter: 5,
  });
  expect(changes.deleted.map(({ path }) => path)).toEqual(['old']);
});
