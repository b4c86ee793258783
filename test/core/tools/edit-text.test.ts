import { expect, test } from '@jest/globals';
import { editText } from '../../../lib/core/tools/edit-text.ts';

const text = 'one\ntwo\nthree\ntwo\n';

test('the one place is replaced, and its line named', () => {
  expect(editText(text, { oldText: 'three', newText: '3' })).toEqual({
    text: 'one\ntwo\n3\ntwo\n',
    replaced: 1,
    line: 3,
  });
});

test('dollar signs in the new text mean nothing', () => {
  expect(editText('price', { oldText: 'price', newText: "$& $1 $$ $'" })).toMatchObject({
    text: "$& $1 $$ $'",
  });
});

test('several places are refused with their lines', () => {
  expect(editText(text, { oldText: 'two', newText: '2' })).toEqual({
    fault:
      'oldText is in it 2 times (lines 2, 4). Give more of the text around the one you mean, or set replaceAll.',
  });
});

test('several places are replaced when that is asked for', () => {
  expect(editText(text, { oldText: 'two', newText: '2', replaceAll: true })).toEqual({
    text: 'one\n2\nthree\n2\n',
    replaced: 2,
    line: 2,
  });
});

test.each([
  ['not there', 'four', text, 'oldText is not in the file. Read it again: it may have changed.'],
  [
    'other spaces',
    'one\n  two',
    text,
    'oldText is there only with other spaces or line breaks: copy it exactly as read_file shows it.',
  ],
  [
    'other line ends',
    'one\ntwo',
    'one\r\ntwo\r\n',
    'oldText is there only with CRLF line ends: write them as \\r\\n.',
  ],
])('a text that is missing is refused with the likely reason: %s', (_, oldText, content, fault) => {
  expect(editText(content, { oldText, newText: 'x' })).toEqual({ fault });
});

test('a change that changes nothing is refused', () => {
  expect(editText(text, { oldText: 'one', newText: 'one' })).toEqual({
    fault: 'oldText and newText are the same.',
  });
});
