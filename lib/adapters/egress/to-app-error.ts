import { AppError } from '#contracts/errors.ts';

/** What sockets, TLS and the resolver throw has a code; anything else is a fault of ours. */
export function toAppError(error: unknown): unknown {
  const { code } = error as { code?: unknown };
  if (error instanceof AppError || typeof code !== 'string') return error;
  return new AppError('unavailable', `The address could not be fetched (${code}).`, { cause: error });
}
