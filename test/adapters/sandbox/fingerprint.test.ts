import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { takeFingerprint } from '../../../lib/adapters/sandbox/fingerprint.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'muster-print-'));
  mkdirSync(join(root, 'folder'));
  writeFileSync(join(root, 'folder', 'a'), 'one');
});
afterEach(() => rmSync(root, { recursive: true }));

const print = () => takeFingerprint(root, 100, ['node_modules']);

test('a workspace that nobody touched has the same fingerprint', () => {
  expect(print()).toMatch(/^[0-9a-f]{64}$/);
  expect(print()).toBe(print());
});

test.each<[string, () => void]>([
  [
    'written with the same size and its old time',
    () => {
      const path = join(root, 'folder', 'a');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
      writeFileSync(path, 'two');
      utimesSync(path, 1, 1);
    },
  ],
  ['renamed', () => renameSync(join(root, 'folder', 'a'), join(root, 'folder', 'b'))],
  ['removed', () => rmSync(join(root, 'folder', 'a'))],
  ['joined by an empty folder', () => mkdirSync(join(root, 'more'))],
  ['joined by a symlink', () => symlinkSync('folder', join(root, 'link'))],
])('a file that is %s gives another', (_, change) => {
  const before = print();
  change();
  expect(print()).not.toBe(before);
});

test('what is not saved does not count', () => {
  mkdirSync(join(root, 'node_modules'));
  const before = print();
  writeFileSync(join(root, 'node_modules', 'x'), 'x');
  expect(print()).toBe(before);
});

test('of too many files there is none', () => {
  expect(takeFingerprint(root, 1, [])).toBeUndefined();
});
