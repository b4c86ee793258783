/**
 * What a model's tokens cost, in USD per million tokens (which is micro-dollars per token), by kind.
 * Date: 2026-11-18. Source: platform.claude.com/docs/en/about-claude/pricing. Cache reads are not a fixed
 * share of the input price, so each is listed.
 */
export interface ModelPrice {
  provider: 'anthropic';
  input: number;
  output: number;
  cacheWrite: number;
  cacheRead: number;
  contextTokens: number;
  maxOutputTokens: number;
}

const million = 1_000_000;

function claude(input: number, output: number, cacheWrite: number, cacheRead: number): ModelPrice {
  return {
    provider: 'anthropic',
    input,
    output,
    cacheWrite,
    cacheRead,
    contextTokens: million,
    maxOutputTokens: 128_000,
  };
}

export const modelPricesDate = '2026-11-18';

export const modelPrices: Readonly<Record<string, ModelPrice>> = {
  'claude-fable-5-2': claude(8, 40, 10, 0.2),
  'claude-opus-5-5': claude(4, 20, 5, 0.2),
  'claude-sonnet-5-5': claude(2, 10, 2.5, 0.1),
  // The dearer of its two steps (prompts over 100k tokens), so that a reservation is never too small.
  'claude-haiku-5-5': claude(0.5, 2.5, 0.625, 0.05),
  'claude-opus-5': claude(5, 25, 6.25, 0.5),
  'claude-opus-4-8': claude(5, 25, 6.25, 0.5),
  'claude-sonnet-5': claude(2, 10, 2.5, 0.2),
  'claude-sonnet-4-6': claude(3, 15, 3.75, 0.3),
  'claude-haiku-4-5': {
    provider: 'anthropic',
    input: 1,
    output: 5,
    cacheWrite: 1.25,
    cacheRead: 0.1,
    contextTokens: 200_000,
    maxOutputTokens: 64_000,
  },
};

export const defaultModel = 'claude-sonnet-5-5';

/** Ids that still work at the provider's side no more, or soon not, and what to use instead. */
export const retiredModels: Readonly<Record<string, string>> = {
  'claude-sonnet-4-5': 'claude-sonnet-5-5',
  'claude-sonnet-4-20250514': 'claude-sonnet-5-5',
  'claude-opus-4-20250514': 'claude-opus-5-5',
  'claude-3-5-sonnet-20241022': 'claude-sonnet-5-5',
  'claude-3-opus-20240229': 'claude-opus-5-5',
  'claude-3-haiku-20240307': 'claude-haiku-5-5',
};
