import { expect, test } from '@jest/globals';
import { matchPath } from '../../../lib/core/tools/match-path.ts';

test.each([
  ['*.ts', 'a.ts'],
  ['*.ts', 'src/deep/a.ts'],
  ['src/*.ts', 'src/a.ts'],
  ['src/**', 'src/a/b/c'],
  ['src/**/*.ts', 'src/a.ts'],
  ['src/**/*.ts', 'src/a/b/c.ts'],
  ['**/test/**', 'a/test/b'],
  ['?.md', 'é.md'],
  ['a*b*c', 'aXbXbXc'],
  ['[x].ts', '[x].ts'],
])('%s fits %s', (pattern, path) => expect(matchPath(pattern, path)).toBe(true));

test.each([
  ['*.ts', 'a.tsx'],
  ['src/*.ts', 'src/a/b.ts'],
  ['src/*', 'other/a'],
  ['?.md', 'ab.md'],
  ['a*b', 'axbx'],
  ['**/test/**/x', 'a/tests/x'],
])('%s does not fit %s', (pattern, path) => expect(matchPath(pattern, path)).toBe(false));

test('a pattern made to take for ever does not', () => {
  expect(matchPath(`${'*a'.repeat(90)}b`, 'a'.repeat(4_000))).toBe(false);
  expect(matchPath(`${'**/a/'.repeat(30)}b`, 'a/'.repeat(1_500))).toBe(false);
});
