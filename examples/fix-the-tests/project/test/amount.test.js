import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { formatAmount, parseAmount } from '../lib/amount.js';

describe('parseAmount', () => {
  test('reads whole amounts', () => assert.equal(parseAmount('12'), 1200));
  test('reads one decimal as tenths', () => assert.equal(parseAmount('12.5'), 1250));
  test('reads a debt', () => assert.equal(parseAmount('-3.20'), -320));
  test('reads a debt below one', () => assert.equal(parseAmount('-0.75'), -75));
  test('refuses what is no amount', () => assert.throws(() => parseAmount('1,50'), TypeError));
});

describe('formatAmount', () => {
  test('writes two decimals', () => assert.equal(formatAmount(5), '0.05'));
  test('takes back what parseAmount has read', () => {
    for (const text of ['0.00', '12.50', '-3.20', '-0.75'])
      assert.equal(formatAmount(parseAmount(text)), text);
  });
});
