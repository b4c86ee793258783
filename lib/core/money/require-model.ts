import { AppError } from '#contracts/errors.ts';
import type { ModelPrice } from '#contracts/model-prices.ts';
import { requirePrice } from './price.ts';

/** A model without a price, or asked for more than it can write, is refused before anything is spent. */
export function requireModel(model: string, maxTokens: number): ModelPrice {
  const price = requirePrice(model);
  if (maxTokens > price.maxOutputTokens) {
    throw new AppError(
      'invalid_request',
      `maxTokens ${maxTokens} is more than ${model} can write (${price.maxOutputTokens})`,
    );
  }
  return price;
}
