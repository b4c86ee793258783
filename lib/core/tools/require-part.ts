import { AppError } from '#contracts/errors.ts';
import type { ToolDeps } from './tool.ts';

type Part = 'sandbox' | 'egress' | 'artifacts' | 'notes';

/** Throws `forbidden`, which reaches the model as an answer. */
export function requirePart<P extends Part>(deps: ToolDeps, part: P): NonNullable<ToolDeps[P]> {
  const found = deps[part];
  if (!found) throw new AppError('forbidden', `This tool is not available here: the worker has no ${part}.`);
  return found;
}
