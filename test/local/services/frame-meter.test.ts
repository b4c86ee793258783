import { describe, expect, test } from '@jest/globals';
import { FrameMeter } from '../../../lib/local/frame-meter.ts';

/** A masked frame, as clients send it. */
function frame(bytes: number): Buffer {
  const length =
    bytes < 126
      ? Buffer.from([0x80 | bytes])
      : bytes < 65_536
        ? Buffer.from([0x80 | 126, bytes >> 8, bytes & 0xff])
        : Buffer.concat([Buffer.from([0x80 | 127]), bigEndian(bytes)]);
  return Buffer.concat([Buffer.from([0x81]), length, Buffer.alloc(4), Buffer.alloc(bytes, 0xff)]);
}

function bigEndian(bytes: number): Buffer {
  const eight = Buffer.alloc(8);
  eight.writeBigUInt64BE(BigInt(bytes));
  return eight;
}

describe('the length of a frame', () => {
  test.each([0, 125, 126, 65_535, 65_536, 1_000_000])('of %i bytes is read', (bytes) => {
    expect(new FrameMeter().feed(frame(bytes))).toBe(bytes);
  });

  test('is read wherever the bytes are cut', () => {
    const all = Buffer.concat([frame(3), frame(300), frame(7), frame(70_000), frame(0)]);
    for (const step of [1, 2, 5, 13, 1_000]) {
      const meter = new FrameMeter();
      const longest: number[] = [];
      for (let at = 0; at < all.length; at += step) longest.push(meter.feed(all.subarray(at, at + step)));
      expect(Math.max(...longest)).toBe(70_000);
      expect(meter.feed(frame(9))).toBe(9);
    }
  });

  test('is the longest of those that begin in a chunk', () => {
    expect(new FrameMeter().feed(Buffer.concat([frame(5), frame(50), frame(20)]))).toBe(50);
  });
});
