import { expect, test } from '@jest/globals';
import { printable, printableLine } from '../../lib/cli/printable.ts';

test.each([
  ['colours', 'a\u001b[1;31mb\u001b[0mc', 'abc'],
  ['a window title', 'a\u001b]0;owned\u0007b', 'ab'],
  ['a link', '\u001b]8;;http://evil\u001b\\text\u001b]8;;\u001b\\', 'text'],
  ['an eight-bit escape', 'a\u009b31mb', 'a31mb'],
  ['cursor moves and bells', 'safe\rover\u0008\u0007', 'safeover'],
  ['marks that reorder text', 'a\u202edcb\u2066e', 'adcbe'],
])('%s do not reach the terminal', (_, given, shown) => {
  expect(printable(given)).toBe(shown);
});

test('lines, tabs and every script stay', () => {
  expect(printable('a\tb\r\nc\nпривет 你好 🙂')).toBe('a\tb\nc\nпривет 你好 🙂');
});

test('a line is one line', () => {
  expect(printableLine(' a\n\tb  c ')).toBe('a b c');
});
