import { expect, test } from '@jest/globals';
import { priceOf, reservationFor } from '../../../lib/core/money/price.ts';

const usage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };

test('each kind of token has its own price, in micro-dollars [A8]', () => {
  expect(priceOf('claude-sonnet-5-5', { ...usage, inputTokens: 1_000 })).toBe(2_000);
  expect(priceOf('claude-sonnet-5-5', { ...usage, outputTokens: 1_000 })).toBe(10_000);
  expect(priceOf('claude-sonnet-5-5', { ...usage, cacheWriteTokens: 1_000 })).toBe(2_500);
  expect(priceOf('claude-sonnet-5-5', { ...usage, cacheReadTokens: 1_000 })).toBe(100);
});

test('a fraction of a micro-dollar is rounded up, and a whole one is not', () => {
  expect(priceOf('claude-sonnet-5-5', { ...usage, cacheReadTokens: 1 })).toBe(1);
  expect(priceOf('claude-sonnet-5-5', { ...usage, cacheReadTokens: 30 })).toBe(3);
  expect(priceOf('claude-haiku-5-5', { ...usage, cacheWriteTokens: 8 })).toBe(5);
  expect(priceOf('claude-opus-5-5', usage)).toBe(0);
});

test('a reservation takes the dearest that can happen', () => {
  expect(reservationFor('claude-sonnet-5-5', 1_000, 1_024)).toBe(12_740);
  expect(reservationFor('claude-haiku-4-5', 0, 1)).toBe(5);
});

test('a model without a price is refused, with what to use instead', () => {
  expect(() => priceOf('claude-nonesuch', usage)).toThrow(expect.objectContaining({ code: 'unknown_model' }));
  expect(() => reservationFor('toString', 1, 1)).toThrow(expect.objectContaining({ code: 'unknown_model' }));
  expect(() => priceOf('claude-sonnet-4-5', usage)).toThrow(
    expect.objectContaining({ remedy: '"claude-sonnet-5-5" has taken its place' }),
  );
});
