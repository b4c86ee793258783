import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { idleLines } from '../../lib/cli/cost/show-cost.ts';
import { repositoryRoot } from '../../lib/constructs/build.ts';
import { idleCost, unknownTypes } from '../../lib/core/money/idle-cost.ts';
import { prodSettings, resourcesOf, synthesize } from './synthesize.ts';

function templateOf(given: object = {}) {
  return Object.fromEntries(resourcesOf(synthesize(given)));
}

describe('an idle deployment', () => {
  test.each([
    ['dev', {}],
    ['prod', prodSettings],
  ])('of the profile %s has no resource whose price is unknown [D8]', (_profile, given) => {
    expect(unknownTypes(templateOf(given))).toEqual([]);
  });

  test('costs less than a dollar a month within the free tier [A2] [A8] [D8]', () => {
    const { idleUsdPerMonth } = idleCost(templateOf());
    expect(idleUsdPerMonth).toBeLessThan(1);
    // By hand: two secrets 0.80, 394,200 read units 0.049, 0.5 GB of image 0.05, 0.1 GB of bundles 0.0023.
    expect(idleUsdPerMonth).toBeCloseTo(0.8 + 0.0493 + 0.05 + 0.0023, 3);
  });

  test('costs less than three without it [D8]', () => {
    // Besides: ten alarms 1.00, two metrics 0.60, 648,000 polls 0.2592, the reconciler 0.0672, its logs 0.0219.
    expect(idleCost(templateOf()).idleUsdPerMonthWithoutFreeTier).toBeCloseTo(0.9016 + 1.9483, 2);
  });

  test('pays for a NAT when settings ask for a private network, and says so [D8]', () => {
    const priced = idleCost(templateOf({ network: 'private' }));
    expect(priced.items.filter(({ item }) => item.includes('NAT')).map((item) => item.usdPerMonth)).toEqual([
      32.85, 3.65,
    ]);
    expect(priced.idleUsdPerMonth).toBeCloseTo(0.9016 + 36.5, 2);
  });

  test('of the profile prod costs what its key, its NATs and its alarms cost besides [D8] [A8]', () => {
    const { access } = prodSettings;
    const { items, idleUsdPerMonth, idleUsdPerMonthWithoutFreeTier } = idleCost(
      templateOf({ profile: 'prod', access }),
    );
    const priced = (name: string) => items.find(({ item }) => item.includes(name));
    expect(priced('KMS: keys')).toMatchObject({ quantity: 1, usdPerMonth: 1 });
    // Two gateways at 0.045 USD and two addresses at 0.005 USD an hour, 730 hours.
    expect(priced('NAT gateway')).toMatchObject({ quantity: 2, usdPerMonth: 65.7 });
    expect(priced('public IPv4')).toMatchObject({ quantity: 2, usdPerMonth: 7.3 });
    // 15 alarms, and one that learns what is usual and counts as three; ten are free.
    expect(priced('alarms')).toMatchObject({ quantity: 18, usdPerMonth: 0.8 });
    // By hand: as dev 0.9016, alarms 0.80, key 1.00, NAT 65.70, addresses 7.30.
    expect(idleUsdPerMonth).toBeCloseTo(75.7016, 3);
    // Besides: ten alarms 1.00, dashboard 3.00, metrics 0.60, polls 0.2592, the reconciler 0.0672 and its logs 0.0219,
    // 17,520 requests of the key 0.0526, 43,800 traces 0.219.
    expect(idleUsdPerMonthWithoutFreeTier).toBeCloseTo(75.7016 + 5.2199, 3);
  });

  test.each([
    ['dev', {}],
    ['prod', { profile: 'prod', access: prodSettings.access }],
  ])('of the profile %s is in the guide as `muster cost` prints it [A8]', (profile, given) => {
    const guide = readFileSync(`${repositoryRoot}docs/guides/costs.md`, 'utf8');
    const shown = guide.split(`<!-- idle ${profile} -->`)[1]?.split('```')[1];
    expect(shown?.trim().split('\n')).toEqual(idleLines(idleCost(templateOf(given))));
  });

  test('gets no table with capacity that is paid by the hour [D8]', () => {
    const modes = resourcesOf(synthesize(), 'AWS::DynamoDB::GlobalTable').map(
      ([, t]) => t.Properties.BillingMode,
    );
    expect(modes).toEqual(['PAY_PER_REQUEST']);
  });
});
