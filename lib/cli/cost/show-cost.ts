import { awsPrices } from '#contracts/aws-prices.ts';
import type { IdleCost, IdleItem } from '#core/money/idle-cost.ts';
import type { Receipt, ReceiptLine } from '#core/money/receipt.ts';
import { formatUsd } from '../format.ts';
import { formatTable } from '../table.ts';

/** Items that cost anything, with or without the free tier; then the sums. */
export function idleLines(cost: IdleCost): string[] {
  const { items, idleUsdPerMonth, idleUsdPerMonthWithoutFreeTier: without, region, date } = cost;
  const usd = (value: (item: IdleItem) => number) => (item: IdleItem) => `$${value(item).toFixed(4)}`;
  const table = formatTable(items, [
    { title: 'ITEM', value: ({ item }) => item },
    { title: 'AMOUNT', value: ({ quantity, unit }) => amountOf(quantity, unit) },
    { title: 'USD/MONTH', value: usd((item) => item.usdPerMonth), align: 'right' },
    { title: 'WITHOUT FREE TIER', value: usd((item) => item.usdPerMonthWithoutFreeTier), align: 'right' },
  ]);
  return [
    ...table,
    '',
    `Idle: $${idleUsdPerMonth.toFixed(2)} a month; $${without.toFixed(2)} without the account's free tier.`,
    `Prices of ${region}, ${date}. What lies in table and bucket comes on top, by the gigabyte.`,
  ];
}

function amountOf(quantity: number, unit: string): string {
  const amount = quantity.toLocaleString('en-US', { maximumFractionDigits: 2 });
  return `${amount} ${quantity === 1 ? unit.replace(/s$/, '') : unit}`;
}

/** Lines that cost anything, dearest last; then the sums. */
export function receiptLines({
  lines,
  infrastructureUsd,
  totalUsd,
  soFar,
}: Receipt & { soFar: boolean }): string[] {
  const shown = lines.filter(({ usd }) => usd > 0);
  const total: ReceiptLine = { item: soFar ? 'all, so far' : 'all', amount: '', usd: totalUsd };
  const table = formatTable(
    [...shown, total],
    [
      { title: 'ITEM', value: ({ item }) => item },
      { title: 'AMOUNT', value: ({ amount }) => amount },
      { title: 'USD', value: ({ usd }) => formatSmallUsd(usd), align: 'right' },
    ],
  );
  return [
    ...table,
    '',
    `AWS ${formatUsd(infrastructureUsd)}, by prices of ${awsPrices.region}, ${awsPrices.date}: times and tokens are measured, calls are reckoned.`,
    ...(soFar ? ['It has not ended: this is what it has cost so far.'] : []),
  ];
}

/** Most lines are far below a hundredth of a cent. */
function formatSmallUsd(usd: number): string {
  return `$${usd.toFixed(6)}`;
}
