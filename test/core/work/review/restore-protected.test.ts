import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { restoreProtected } from '#core/work/review/restore-protected.ts';
import { anyTree, entry, sorted, treeOf } from './trees.ts';

const base = treeOf({ 'src/a.js': '1', 'test/': '', 'test/a.test.js': '1', 'test/b.test.js': '1' });

test('what was changed or deleted is put back, what was added is removed, all else stays [E5]', () => {
  const mine = treeOf({
    'src/a.js': '2',
    'src/new.js': '1',
    'test/': '',
    'test/a.test.js': '2',
    'test/c.test.js': '1',
  });
  const { tree, restored } = restoreProtected(base, mine, ['test/**']);
  expect(restored).toEqual(['test/a.test.js', 'test/b.test.js', 'test/c.test.js']);
  expect(sorted(tree)).toEqual(
    sorted(
      treeOf({
        'src/a.js': '2',
        'src/new.js': '1',
        'test/': '',
        'test/a.test.js': '1',
        'test/b.test.js': '1',
      }),
    ),
  );
});

test('a changed mode is put back too', () => {
  const mine = new Map(base).set('test/a.test.js', entry('1', { executable: true }));
  expect(restoreProtected(base, mine, ['*.test.js'])).toEqual({ tree: base, restored: ['test/a.test.js'] });
});

test.each(['test', 'test/', 'test/**', '**/*.test.js'])('%s protects what is in the folder', (pattern) => {
  const mine = treeOf({ 'src/a.js': '1' });
  const { tree, restored } = restoreProtected(base, mine, [pattern]);
  expect(restored).toEqual(['test/a.test.js', 'test/b.test.js']);
  expect(tree.get('test/a.test.js')).toEqual(entry('1'));
});

test('a symlink in the place of a folder with protected files gives way to them', () => {
  const mine = treeOf({ 'src/a.js': '1', 'evil/a.test.js': '9', test: entry('evil', { kind: 'symlink' }) });
  const { tree, restored } = restoreProtected(base, mine, ['test/*.js']);
  expect(tree.has('test')).toBe(false);
  expect(tree.get('test/a.test.js')).toEqual(entry('1'));
  expect(restored).toEqual(['test', 'test/a.test.js', 'test/b.test.js']);
});

test('a folder in the place of a protected file gives way to it', () => {
  const begun = treeOf({ 'package.json': '1' });
  const mine = treeOf({ 'package.json/': '', 'package.json/evil': '1' });
  const { tree, restored } = restoreProtected(begun, mine, ['package.json']);
  expect(sorted(tree)).toEqual([['package.json', entry('1')]]);
  expect(restored).toEqual(['package.json', 'package.json/evil']);
});

test('nothing is restored where nothing is protected, or nothing protected was touched', () => {
  fc.assert(
    fc.property(anyTree, anyTree, (before, mine) => {
      expect(restoreProtected(before, mine, [])).toEqual({ tree: mine, restored: [] });
      expect(restoreProtected(mine, mine, ['c/**', 'a'])).toEqual({ tree: mine, restored: [] });
    }),
  );
});
