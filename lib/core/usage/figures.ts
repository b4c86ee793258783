import type { UsageItem } from '#contracts/usage.ts';
import { tokensOf } from '#core/money/provider-of.ts';

/** Rates and means, from 0 to 1 where they are shares. Left out where there is nothing to divide by. */
export interface Figures {
  secondsPerAttempt?: number;
  /** Jobs that succeeded, of those that ended. */
  successRate?: number;
  /** Actions that were done, for each day of the period. */
  tasksPerDay?: number;
  /** Success criteria that the last review found met. */
  quality?: number;
  /** Actions that were done without a revision and merged at the first check. */
  integrationSuccess?: number;
  /** From when an action was given to its owner until it was done. */
  secondsToDone?: number;
  /** Of all tokens, those of Claude models. */
  claudeShare?: number;
  /** Runs that succeeded, of those that ended. */
  runSuccessRate?: number;
}

/** What the sums of `days` days say. */
export function figuresOf(
  { work, usage, claudeTokens }: Pick<UsageItem, 'work' | 'usage' | 'claudeTokens'>,
  days: number,
): Figures {
  const { attempts, jobs, actions, actionsDone, criteria, runs } = work;
  const all = {
    secondsPerAttempt: ratio(work.seconds, attempts),
    successRate: ratio(work.jobsSucceeded, jobs),
    tasksPerDay: actions > 0 ? ratio(actionsDone, days) : undefined,
    quality: ratio(work.criteriaMet, criteria),
    integrationSuccess: ratio(work.actionsAtFirstTry, actions),
    secondsToDone: ratio(work.actionSeconds, actionsDone),
    claudeShare: ratio(claudeTokens, tokensOf(usage)),
    runSuccessRate: ratio(work.runsSucceeded, runs),
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

function ratio(part: number, whole: number): number | undefined {
  return whole > 0 ? Number((part / whole).toFixed(6)) : undefined;
}
