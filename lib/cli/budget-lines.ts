import type { MonthBudget } from '#contracts/usage.ts';
import type { Output } from './output.ts';
import { printableLine } from './printable.ts';

/** `12.00 of 100.00 USD (12 %) for 2026-11`, and a warning where people were warned. */
export function describeBudget(
  { committedUsd, limitUsd, month, warnedAt }: MonthBudget,
  out: Output,
): string {
  const share = limitUsd === 0 ? 100 : Math.floor((committedUsd / limitUsd) * 100);
  const text = `$${committedUsd.toFixed(2)} of $${limitUsd.toFixed(2)} committed (${share} %) for ${month}`;
  return warnedAt === undefined
    ? text
    : `${out.paint('yellow', text)}, near its limit since ${warnedAt.slice(0, 16)}Z`;
}

/** A line for each project that people were warned of. */
export function nearLimitLines(budgets: readonly MonthBudget[], out: Output): string[] {
  return budgets
    .filter(({ warnedAt }) => warnedAt !== undefined)
    .map((budget) => `${printableLine(budget.project)}: ${describeBudget(budget, out)}`);
}
