import type { ChatPayload } from '#contracts/job-request.ts';
import { toUsd } from '#contracts/usage.ts';
import { askOnce } from './ask-once.ts';
import type { WorkContext, WorkOutcome } from './work-outcome.ts';

/** One question to a model and its answer, word for word. */
export function runChat(payload: ChatPayload, context: WorkContext): Promise<WorkOutcome> {
  return askOnce({ conversation: 'chat', ...payload }, context, (answer, costMicroUsd, cached) => {
    const { text, model, stopReason, usage, offline } = answer;
    const costUsd = toUsd(costMicroUsd);
    const document = { text, model, stopReason, usage, costUsd, ...(cached && { cached }) };
    return offline ? { ...document, offline: true } : document;
  });
}
