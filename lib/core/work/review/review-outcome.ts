import { AppError } from '#contracts/errors.ts';
import type { Agent } from '../agent.ts';
import type { LoopEnd } from '../agent-loop.ts';
import type { ResultDocument, WorkOutcome } from '../work-outcome.ts';

/**
 * What the job's row says of a review. One without a verdict has failed, with what there is all the same.
 * `toDocument` answers nothing where there is nothing to keep.
 */
export async function toReviewOutcome<Result, Document extends ResultDocument>(
  { conversation, terminal }: Agent,
  end: LoopEnd<Result>,
  toDocument: (submission: Result | undefined) => Promise<Document | undefined>,
): Promise<WorkOutcome> {
  if (end.kind === 'sliced') return { kind: 'interrupted', reason: 'time slice' };
  const document = await toDocument(end.kind === 'submitted' ? end.submission : undefined);
  const offline = conversation.transcript.usages().some((entry) => entry.offline);
  const settle = conversation.unsettled;
  if (end.kind === 'submitted' && document) return { kind: 'done', document, offline, settle };
  const error = toError(end, terminal.tool.definition.name);
  return { kind: 'failed', error, settle, ...(document && { document, offline }) };
}

function toError<Result>(end: Exclude<LoopEnd<Result>, { kind: 'sliced' }>, tool: string): AppError {
  if (end.kind === 'capped')
    return new AppError(end.code ?? 'capped', `Stopped by its cap on ${end.cap}: ${end.message}`, {
      remedy: end.remedy,
    });
  return new AppError('capped', `The reviewer has ended twice without calling ${tool}`, {
    remedy: 'Give the review to a model that handles tools better',
  });
}
