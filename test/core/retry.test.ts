import { expect, test } from '@jest/globals';
import { retryDelayMs } from '../../lib/core/retry.ts';

const policy = { baseMs: 100, capMs: 1_000 };

test('the ceiling doubles with every failure, up to its cap', () => {
  const almostOne = () => 0.999_999;
  expect([1, 2, 3, 4, 5, 500].map((failures) => retryDelayMs(failures, policy, almostOne))).toEqual([
    99, 199, 399, 799, 999, 999,
  ]);
});

test('the wait is anything from nothing to the ceiling', () => {
  expect(retryDelayMs(3, policy, () => 0)).toBe(0);
  expect(retryDelayMs(3, policy, () => 0.5)).toBe(200);
});
