export const model = 'claude-sonnet-5-5';

/** At 2.5 a token in and 10 a token out: 15,000 micro-dollars at most. */
export const reserveOf = (turnNumber: number, maxTokens = 1_000) => ({
  conversation: 'main',
  turn: turnNumber,
  model,
  inputTokensMax: 2_000,
  maxTokens,
});

/** 100 × 2 + 50 × 10 = 700 micro-dollars. */
export const settleOf = (turnNumber: number) => ({
  conversation: 'main',
  turn: turnNumber,
  model,
  usage: { inputTokens: 100, outputTokens: 50, cacheReadTokens: 0, cacheWriteTokens: 0 },
});
