import { AppError } from '#contracts/errors.ts';
import { ExecutionFault } from '../../lib/local/step-functions/execution-fault.ts';

/** What Step Functions calls it when a function fails. Source: Step Functions, "Handle Lambda service exceptions". */
export function toFault(error: unknown): ExecutionFault {
  if (error instanceof AppError) return new ExecutionFault(error.code, error.message);
  const reason = String(error);
  const isUnhandled = reason.endsWith('crashed') || reason.endsWith('timed out');
  if (isUnhandled) return new ExecutionFault('Lambda.Unknown', reason);
  return new ExecutionFault('Error', reason);
}
