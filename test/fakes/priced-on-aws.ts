import { modelPrices, modelsWithoutPrice } from '#contracts/model-prices.ts';

const price = { input: 2, output: 10, cacheWrite: 2.5, cacheRead: 0.1, date: '2026-11-20', source: 'a test' };

/** What somebody does who fills in the prices of their agreement. Returns what undoes it. */
export function pricedOnAws(): () => void {
  const table = modelPrices as Record<string, unknown>;
  const ids = Object.keys(modelsWithoutPrice).filter((id) => /^(aws|bedrock)\//.test(id));
  for (const id of ids) table[id] = { ...modelsWithoutPrice[id], ...price };
  return () => {
    for (const id of ids) delete table[id];
  };
}
