import type { ModelEntry, ModelPrice } from './model-entry.ts';
import { defaultModelId, pricedModels, retiredIds, tableDate, unpricedModels } from './model-table.ts';

export type { ModelPrice };

/** Models by the ids that jobs and teams name them by. Their home is `prompts/models.yaml`. */
export const modelPrices: Readonly<Record<string, ModelPrice>> = pricedModels;

/** Known, but nobody has written down a price: they are refused until someone does. */
export const modelsWithoutPrice: Readonly<Record<string, ModelEntry>> = unpricedModels;

/** The newest price's. */
export const modelPricesDate: string = tableDate;

export const defaultModel: string = defaultModelId;

/** Ids that still work at the provider's side no more, or soon not, and what to use instead. */
export const retiredModels: Readonly<Record<string, string>> = retiredIds;
