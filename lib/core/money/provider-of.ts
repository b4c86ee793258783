import { modelPrices, modelsWithoutPrice } from '#contracts/model-prices.ts';
import type { TokenUsage } from '#contracts/usage.ts';

export function tokensOf(usage: TokenUsage): number {
  return usage.inputTokens + usage.outputTokens + usage.cacheReadTokens + usage.cacheWriteTokens;
}

const claudeProviders = ['anthropic', 'anthropic-aws', 'bedrock'];

/** By its provider; by its name where nobody has written it down. */
export function isClaude(model: string): boolean {
  return claudeProviders.includes(providerOf(model)) || model.startsWith('claude-');
}

export function providerOf(model: string): string {
  const known = modelPrices[model] ?? modelsWithoutPrice[model];
  if (known) return known.provider;
  return model.startsWith('self-hosted/') ? 'self-hosted' : 'another provider';
}
