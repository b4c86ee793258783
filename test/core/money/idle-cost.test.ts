import { describe, expect, test } from '@jest/globals';
import { idleCost } from '../../../lib/core/money/idle-cost.ts';

/** So many resources of one type. */
function many(count: number, Type: string) {
  return Object.fromEntries(Array.from({ length: count }, (_, n) => [`R${n}`, { Type }]));
}

function itemOf(count: number, type: string, name: string) {
  return idleCost(many(count, type)).items.find(({ item }) => item === name);
}

describe('the idle cost of a template', () => {
  test('takes off what an account has for nothing, and says what it is without [D8]', () => {
    expect(itemOf(12, 'AWS::CloudWatch::Alarm', 'CloudWatch: alarms')).toMatchObject({
      quantity: 12,
      usdPerMonth: 0.2,
      usdPerMonthWithoutFreeTier: 1.2,
    });
  });

  test('adds polling up before it takes off what is free [D8]', () => {
    const polling = itemOf(2, 'AWS::Lambda::EventSourceMapping', 'SQS: polling by Lambda');
    // 2 × 648,000 polls, of which 296,000 are beyond the free million.
    expect(polling?.usdPerMonth).toBeCloseTo(0.1184, 4);
  });

  test('is the sum of its items [A8]', () => {
    const { items, idleUsdPerMonth } = idleCost(many(3, 'AWS::SecretsManager::Secret'));
    expect(items.reduce((sum, { usdPerMonth }) => sum + usdPerMonth, 0)).toBeCloseTo(idleUsdPerMonth, 9);
    expect(idleUsdPerMonth).toBeGreaterThan(1.2);
  });

  test('refuses a type that nobody has looked up [D8]', () => {
    expect(() => idleCost({ Db: { Type: 'AWS::RDS::DBInstance' } })).toThrow(
      'no price is known for AWS::RDS::DBInstance',
    );
  });
});
