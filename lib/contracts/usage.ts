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

const amount = z.number().nonnegative();

/** What came of the work, as sums: rates follow from them, and sums of several pages can be added. */
export const workDone = z.strictObject({
  /** Attempts that have ended, and how long they ran. */
  attempts: count,
  seconds: amount,
  /** What their containers had meanwhile: vCPUs and GiB of memory, times seconds. Functions have none. */
  vcpuSeconds: amount,
  gibSeconds: amount,
  /** Jobs that have ended. */
  jobs: count,
  jobsSucceeded: count,
  /** Actions that were carried out, by their owner: they ended DONE, FAILED or UNPROVEN. */
  actions: count,
  actionsDone: count,
  /** Of those, without a revision, and merged at the first check. */
  actionsAtFirstTry: count,
  /** From when an action was given to its owner until it was DONE, waiting, checks and reviews included. */
  actionSeconds: amount,
  /** Success criteria of the actions, as their last review judged them. */
  criteria: count,
  criteriaMet: count,
  /** Runs that have ended. */
  runs: count,
  runsSucceeded: count,
});
export type WorkDone = z.infer<typeof workDone>;

export const noWork: WorkDone = {
  attempts: 0,
  seconds: 0,
  vcpuSeconds: 0,
  gibSeconds: 0,
  jobs: 0,
  jobsSucceeded: 0,
  actions: 0,
  actionsDone: 0,
  actionsAtFirstTry: 0,
  actionSeconds: 0,
  criteria: 0,
  criteriaMet: 0,
  runs: 0,
  runsSucceeded: 0,
};

/** Times are whole milliseconds; adding them up as floats would leave crumbs. */
export function plusWork(a: WorkDone, b: Partial<WorkDone>): WorkDone {
  const sums = Object.entries(a).map(([name, value]) => {
    const sum = value + (b[name as keyof WorkDone] ?? 0);
    return [name, Math.round(sum * 1000) / 1000];
  });
  return Object.fromEntries(sums) as WorkDone;
}

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
    /** Of all tokens, those that Claude models read and wrote. */
    claudeTokens: z.number().int(),
    work: workDone,
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
