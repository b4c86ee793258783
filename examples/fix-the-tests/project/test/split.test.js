import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { split, splitEvenly } from '../lib/split.js';

describe('split', () => {
  test('splits by weight', () => assert.deepEqual(split(900, [2, 1]), [600, 300]));
  test('gives the spare cent to whoever lost most by rounding', () =>
    assert.deepEqual(split(1000, [2, 1]), [667, 333]));
  test('gives nothing to a weight of zero', () => assert.deepEqual(split(1001, [1, 0, 1]), [501, 0, 500]));
  test('loses no cent', () => {
    for (let cents = 0; cents < 1000; cents += 7) {
      const shares = split(cents, [3, 5, 9]);
      assert.equal(
        shares.reduce((total, share) => total + share),
        cents,
      );
    }
  });
  test('refuses weights that add up to nothing', () => assert.throws(() => split(100, [0, 0]), RangeError));
});

describe('splitEvenly', () => {
  test('gives the first ones the spare cents', () =>
    assert.deepEqual(splitEvenly(10_000, 3), [3334, 3333, 3333]));
  test('splits a refund like a payment', () => assert.deepEqual(splitEvenly(-100, 3), [-34, -33, -33]));
});
