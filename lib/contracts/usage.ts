import * as z from 'zod';

const count = z.number().int().nonnegative();

/** Tokens by kind. `inputTokens` is the uncached remainder only, as the Messages API reports it. */
export const tokenUsage = z.strictObject({
  inputTokens: count,
  outputTokens: count,
  cacheReadTokens: count.default(0),
  cacheWriteTokens: count.default(0),
});
export type TokenUsage = z.infer<typeof tokenUsage>;

export const noUsage: TokenUsage = {
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
};

export function addUsage(a: TokenUsage, b: TokenUsage): TokenUsage {
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    cacheReadTokens: a.cacheReadTokens + b.cacheReadTokens,
    cacheWriteTokens: a.cacheWriteTokens + b.cacheWriteTokens,
  };
}

export const microUsd = z.number().int().nonnegative();

export function toUsd(micro: number): number {
  return micro / 1_000_000;
}

export function toMicroUsd(usd: number): number {
  return Math.round(usd * 1_000_000);
}

/**
 * What usage can be counted by. A day is `YYYY-MM-DD`, UTC. What belongs to no run, or to no agent of a team, is
 * counted as `none`.
 */
export const usageBys = ['project', 'run', 'agent', 'model', 'day', 'job'] as const;
export type UsageBy = (typeof usageBys)[number];

export const usageItem = z
  .strictObject({
    /** Of the project, run, agent, model, day or job. */
    key: z.string(),
    /** Model calls. */
    calls: z.number().int(),
    usage: tokenUsage,
    /** By the price list of the day on which it was used. */
    costUsd: z.number(),
    /** Answers from the response cache, which are no calls, and what they would have cost. */
    cachedAnswers: z.number().int(),
    savedUsd: z.number(),
  })
  .meta({ id: 'UsageItem' });
export type UsageItem = z.infer<typeof usageItem>;

/** What a project may spend on models in the month that it is now (UTC), and how much of that is committed. */
export const monthBudget = z.strictObject({
  project: z.string(),
  month: z.string(),
  /** Spent, or set aside for calls that may still be made. */
  committedUsd: z.number(),
  limitUsd: z.number(),
  /** When it first had committed 80 percent. */
  warnedAt: z.iso.datetime().optional(),
});
export type MonthBudget = z.infer<typeof monthBudget>;
