import { AppError } from '#contracts/errors.ts';

/** Whatever was thrown, as what a job can carry. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new AppError('worker_error', message || 'The worker failed without a message', { cause: error });
}
