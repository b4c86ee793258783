import { AppError } from '#contracts/errors.ts';
import { type ModelPrice, modelPrices, modelsWithoutPrice, retiredModels } from '#contracts/model-prices.ts';
import type { TokenUsage } from '#contracts/usage.ts';

/**
 * What `usage` of `model` costs, in micro-dollars, rounded up.
 *
 * @throws AppError `unknown_model` for a model without a price
 */
export function priceOf(model: string, usage: TokenUsage): number {
  const price = requirePrice(model);
  return roundUp(
    usage.inputTokens * price.input +
      usage.outputTokens * price.output +
      usage.cacheWriteTokens * price.cacheWrite +
      usage.cacheReadTokens * price.cacheRead,
  );
}

/**
 * The most that one call can cost, in micro-dollars, rounded up: every input token written to the cache or
 * read uncached, whichever is dearer, and every output token used.
 *
 * @param inputTokensMax no more input tokens than this; the request's UTF-8 bytes are a safe bound
 * @throws AppError `unknown_model` for a model without a price
 */
export function reservationFor(model: string, inputTokensMax: number, maxTokens: number): number {
  const price = requirePrice(model);
  return roundUp(inputTokensMax * Math.max(price.input, price.cacheWrite) + maxTokens * price.output);
}

/** @throws AppError `unknown_model` for a model without a price */
export function requirePrice(model: string): ModelPrice {
  const price = own(modelPrices, model);
  if (price) return price;
  const message = `The model "${model}" has no price here, so its cost cannot be bounded`;
  throw new AppError('unknown_model', message, { remedy: remedyFor(model) });
}

function remedyFor(model: string): string {
  const successor = own(retiredModels, model);
  if (successor !== undefined) return `"${successor}" has taken its place`;
  if (own(modelsWithoutPrice, model)) {
    return `Fill in its price in prompts/models.yaml, with date and source, run npm run models, and deploy again`;
  }
  return `Use one of: ${Object.keys(modelPrices).join(', ')}`;
}

function own<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

/** Prices have up to three decimals and binary fractions do not: 0.1 × 3 must not round up to one more. */
function roundUp(microUsd: number): number {
  return Math.ceil(Math.round(microUsd * 1_000) / 1_000);
}
