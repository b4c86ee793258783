import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isSame, mergeTrees, type Tree } from '#core/work/review/merge-trees.ts';
import { areSame, holdSameFiles, planLayers } from '#core/work/review/plan-layers.ts';
import { anyTree, entry, sorted, treeOf } from './trees.ts';

const merged = (base: Tree, mine: Tree, head: Tree) => {
  const { tree, conflicts } = mergeTrees(base, mine, head);
  return { tree: sorted(tree), conflicts };
};

test('where nothing else was merged, the merge is what the executor left', () => {
  fc.assert(
    fc.property(anyTree, anyTree, (base, mine) => {
      expect(merged(base, mine, base)).toEqual({ tree: sorted(mine), conflicts: [] });
    }),
  );
});

test('where the executor changed nothing, the merge is what the others left', () => {
  fc.assert(
    fc.property(anyTree, anyTree, (base, head) => {
      expect(merged(base, base, head)).toEqual({ tree: sorted(head), conflicts: [] });
    }),
  );
});

test('it does not matter which side is merged into which, and changes to different paths never conflict', () => {
  fc.assert(
    fc.property(anyTree, anyTree, anyTree, (base, a, b) => {
      const there = merged(base, a, b);
      expect(there).toEqual(merged(base, b, a));
      const all = [...new Set([...base.keys(), ...a.keys(), ...b.keys()])];
      const changed = (side: Tree) => all.filter((path) => !isSame(base.get(path), side.get(path)));
      if (changed(a).some((path) => changed(b).includes(path))) return;
      expect(there.conflicts).toEqual([]);
      for (const path of changed(a)) expect(new Map(there.tree).get(path)).toEqual(a.get(path));
      for (const path of changed(b)) expect(new Map(there.tree).get(path)).toEqual(b.get(path));
    }),
  );
});

const base = treeOf({ kept: '1', changed: '1', gone: '1', mode: '1' });

test('what one side alone has changed is taken: content, mode, deletion, addition', () => {
  const mine = treeOf({ kept: '1', changed: '2', mode: entry('1', { executable: true }), mine: '5' });
  const head = treeOf({ kept: '9', changed: '1', gone: '1', mode: '1', theirs: '6' });
  const { tree, conflicts } = mergeTrees(base, mine, head);
  expect(conflicts).toEqual([]);
  expect(sorted(tree)).toEqual(
    sorted(
      treeOf({ kept: '9', changed: '2', mode: entry('1', { executable: true }), mine: '5', theirs: '6' }),
    ),
  );
});

test.each([
  ['both have changed it', { changed: '2' }, { changed: '3' }, ['changed']],
  ['one has deleted it, the other one changed it', {}, { changed: '3' }, ['changed']],
  ['both have added it', { changed: '1', n: '1' }, { changed: '1', n: '2' }, ['n']],
  [
    'one has made it executable',
    { changed: entry('1', { executable: true }) },
    { changed: '2' },
    ['changed'],
  ],
  [
    'one has a file where the other one has a folder',
    { changed: '1', n: '1' },
    { changed: '1', 'n/x': '1' },
    ['n', 'n/x'],
  ],
])('it is a conflict where %s', (_, mine, head, conflicts) => {
  const begun = treeOf({ changed: '1' });
  const found = mergeTrees(begun, treeOf(mine), treeOf(head)).conflicts;
  expect(found).toEqual(conflicts);
});

test('the same change on both sides is none, and neither is a folder that both have made', () => {
  const both = treeOf({ changed: '2', 'new/': '', 'new/file': '1' });
  expect(mergeTrees(base, both, both)).toEqual({ tree: both, conflicts: [] });
});

test('each path is taken from the first source that has it so', () => {
  const mine = treeOf({ a: '1', b: '1' });
  const head = treeOf({ a: '1', b: '2', 'c/': '', 'c/d': '1' });
  expect(planLayers(treeOf({ a: '1', b: '2', 'c/': '', 'c/d': '1' }), [mine, head])).toEqual([
    ['a'],
    ['b', 'c', 'c/d'],
  ]);
});

test('trees with the same files are told from trees that are the same', () => {
  const bare = treeOf({ 'a/b': '1' });
  const withFolder = treeOf({ 'a/': '', 'a/b': '1' });
  expect([holdSameFiles(bare, withFolder), areSame(bare, withFolder)]).toEqual([true, false]);
  expect(holdSameFiles(bare, treeOf({ 'a/b': entry('1', { executable: true }) }))).toBe(false);
  expect(holdSameFiles(bare, treeOf({ 'a/b': '1', c: '1' }))).toBe(false);
});
