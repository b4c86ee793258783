import { AppError } from '#contracts/errors.ts';

/** The error, where a cap on money is what refused: the job's, its run's, or its project's month's. */
export function overBudget(error: unknown): AppError | undefined {
  if (!(error instanceof AppError)) return undefined;
  return error.code === 'budget_exceeded' || error.code === 'run_budget_exceeded' ? error : undefined;
}
