import { AppError } from '#contracts/errors.ts';
import type { Output } from './output.ts';
import { printable } from './printable.ts';

/** The user ended it; shells know it by this number. */
export const interruptedExitCode = 130;

/** Ends a command with an exit code of its own, after it has said what there is to say. */
export class Exit extends Error {
  readonly exitCode: number;

  constructor(exitCode: number) {
    super(`exit ${exitCode}`);
    this.exitCode = exitCode;
  }
}

export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new AppError('internal', message, { cause: error, retryable: false });
}

/** On stderr: for people, or one problem document with `--json`. Returns the exit code. */
export function reportError(error: unknown, out: Output): number {
  if (error instanceof Exit) return error.exitCode;
  const known = toAppError(error);
  out.progress.stop();
  process.stderr.write(
    out.json ? `${JSON.stringify(toDocument(known), undefined, 2)}\n` : toText(known, out),
  );
  return known.exitCode;
}

function toDocument(error: AppError) {
  const { code, message, status, retryable, remedy, faults, exitCode } = error;
  const title = code.replaceAll('_', ' ');
  return {
    title,
    status,
    detail: message,
    code,
    retryable,
    exitCode,
    ...(remedy && { remedy }),
    ...(faults && { faults }),
  };
}

function toText(error: AppError, out: Output): string {
  const lines = [`${out.paint('red', 'error')} ${error.code}: ${printable(error.message)}`];
  if (error.remedy !== undefined) lines.push(`  → ${printable(error.remedy)}`);
  if (error.cause instanceof Error && error.code === 'internal')
    lines.push(`  cause: ${printable(error.cause.message)}`);
  return `${lines.join('\n')}\n`;
}
