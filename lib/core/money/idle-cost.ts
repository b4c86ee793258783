import { type AwsPrices, awsFreeTier, awsPrices } from '#contracts/aws-prices.ts';
import { AppError } from '#contracts/errors.ts';
import type { IdleQuantity, TemplateResources } from './idle-quantity.ts';
import { idleUse } from './idle-use.ts';
import { standingPrices } from './standing-prices.ts';

export interface IdleItem extends IdleQuantity {
  readonly usdPerMonth: number;
  readonly usdPerMonthWithoutFreeTier: number;
}

export interface IdleCost {
  readonly idleUsdPerMonth: number;
  readonly idleUsdPerMonthWithoutFreeTier: number;
  /** Of the prices. */
  readonly date: string;
  readonly region: string;
  readonly items: readonly IdleItem[];
}

/** Types whose price is not known here: what they cost while idle must be looked up first. */
export function unknownTypes(resources: TemplateResources): string[] {
  const types = new Set(Object.values(resources).map(({ Type }) => Type));
  return [...types].filter((type) => !(type in standingPrices)).sort();
}

/**
 * What a deployment costs in a month in which nobody uses it.
 *
 * @throws AppError `internal` naming the types of resources that the price table does not have
 */
export function idleCost(resources: TemplateResources, prices: AwsPrices = awsPrices): IdleCost {
  const unknown = unknownTypes(resources);
  if (unknown.length > 0)
    throw new AppError('internal', `no price is known for ${unknown.join(', ')}`, {
      retryable: false,
      remedy: 'look up what they cost while idle and add them to lib/core/money/standing-prices.ts',
    });
  const items = [...standing(resources, prices), ...idleUse(resources, prices)].map(price);
  return {
    idleUsdPerMonth: sum(items, ({ usdPerMonth }) => usdPerMonth),
    idleUsdPerMonthWithoutFreeTier: sum(items, (item) => item.usdPerMonthWithoutFreeTier),
    date: prices.date,
    region: prices.region,
    items,
  };
}

/** What bills for existing, by the types that the template has. */
function standing(resources: TemplateResources, prices: AwsPrices): IdleQuantity[] {
  return Object.entries(standingPrices).flatMap(([type, each]) => {
    if (each === undefined) return [];
    const { unitUsd, weigh, ...named } = each;
    const found = Object.values(resources).filter(({ Type }) => Type === type);
    const quantity = found.reduce((total, { Properties = {} }) => total + (weigh?.(Properties) ?? 1), 0);
    return quantity === 0 ? [] : [{ ...named, quantity, unitUsd: unitUsd(prices) }];
  });
}

function price(item: IdleQuantity): IdleItem {
  const free = item.free === undefined ? 0 : awsFreeTier[item.free];
  return {
    ...item,
    usdPerMonth: round(Math.max(0, item.quantity - free) * item.unitUsd),
    usdPerMonthWithoutFreeTier: round(item.quantity * item.unitUsd),
  };
}

function sum(items: readonly IdleItem[], value: (item: IdleItem) => number): number {
  return round(items.reduce((total, item) => total + value(item), 0));
}

/** To a hundredth of a cent. */
function round(usd: number): number {
  return Math.round(usd * 10_000) / 10_000;
}
