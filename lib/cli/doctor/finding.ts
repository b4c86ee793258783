import { AppError } from '#contracts/errors.ts';
import type { Context } from '../context.ts';

export interface Finding {
  status: 'ok' | 'warn' | 'fail';
  what: string;
  seen: string;
  /** What mends it. */
  fix?: string | undefined;
}

export type Check = (context: Context) => Promise<Finding>;

export function ok(what: string, seen: string): Finding {
  return { status: 'ok', what, seen };
}

export function warn(what: string, seen: string, fix: string): Finding {
  return { status: 'warn', what, seen, fix };
}

export function fail(what: string, seen: string, fix?: string): Finding {
  return { status: 'fail', what, seen, fix };
}

export function fromError(status: 'warn' | 'fail', what: string, error: unknown): Finding {
  const seen = error instanceof Error ? error.message : String(error);
  return { status, what, seen, fix: error instanceof AppError ? error.remedy : undefined };
}
