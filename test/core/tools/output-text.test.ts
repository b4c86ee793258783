import { expect, test } from '@jest/globals';
import {
  cutText,
  describeBinary,
  keptBytes,
  renderOutput,
  toText,
} from '../../../lib/core/tools/output-text.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const whole = (text: string) => ({ head: bytes(text), tail: new Uint8Array(), bytes: bytes(text).length });

test('output that fits is shown as it is', () => {
  expect(renderOutput(whole('a\r\nb\n'), 100)).toBe('a\r\nb\n');
  expect(renderOutput(whole(''), 100)).toBe('');
});

test('output in two parts without a gap is one text, even where a character is split', () => {
  const all = bytes('grün');
  expect(renderOutput({ head: all.subarray(0, 3), tail: all.subarray(3), bytes: 5 }, 100)).toBe('grün');
});

test('long output keeps head and tail and says how much is missing', () => {
  expect(renderOutput(whole(`${'a'.repeat(50)}${'b'.repeat(50)}`), 20)).toBe(
    'aaaaaaaaaa\n[… 80 bytes cut …]\nbbbbbbbbbb',
  );
});

test('what was dropped while it came is counted too', () => {
  const kept = { head: bytes('a'.repeat(40)), tail: bytes('b'.repeat(40)), bytes: 5_000_000 };
  expect(renderOutput(kept, 10)).toBe('aaaaa\n[… 4,999,990 bytes cut …]\nbbbbb');
});

test('a tail that begins within a character begins with the next one', () => {
  const kept = { head: bytes('aaaa'), tail: bytes('éb').subarray(1), bytes: 100 };
  expect(renderOutput(kept, 8)).toBe('aaaa\n[… 95 bytes cut …]\nb');
});

test('half of a pair of surrogates is never left over', () => {
  const faces = '😀'.repeat(30);
  for (const limit of [9, 10, 11, 12, 13]) {
    expect(cutText(faces, limit).isWellFormed()).toBe(true);
    expect(renderOutput(whole(faces), limit).isWellFormed()).toBe(true);
  }
});

test('enough is kept for characters of four bytes', () => {
  expect(keptBytes(30_000)).toBe(60_000);
});

test('binary output is a note with its size and its first bytes', () => {
  const data = new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 0, 1]);
  expect(renderOutput({ head: data, tail: new Uint8Array(), bytes: 6 }, 100)).toBe(
    '[binary, 6 bytes; the first 6 in hexadecimal: 7f 45 4c 46 00 01]',
  );
  expect(describeBinary(new Uint8Array(1_000), 1_000)).toContain('1,000 bytes; the first 64 in');
});

test('a stray byte does not make a text binary, many do', () => {
  expect(toText(new Uint8Array([...bytes('ordinary words'), 0xff]))).toBe('ordinary words\uFFFD');
  expect(toText(new Uint8Array([0xff, 0xfe, 0x41]))).toBeUndefined();
});

test('a list whose items end with NUL stays readable; a file with NUL is none for reading', () => {
  const list = 'first item\0second item\0';
  expect(renderOutput(whole(list), 100)).toBe('first item␀second item␀');
  expect(toText(bytes(list))).toBeUndefined();
});

test('a byte order mark stays', () => {
  expect(toText(new Uint8Array([0xef, 0xbb, 0xbf, 0x41]))).toBe('\uFEFFA');
});
