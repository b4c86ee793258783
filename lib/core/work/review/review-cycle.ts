import type { ReviewPayload } from '#contracts/review.ts';
import { chooseTools } from '../../tools/all-tools.ts';
import { modelWorkOf } from '../model-work.ts';
import { runRole } from '../run-agent.ts';
import type { WorkContext, WorkOutcome } from '../work-outcome.ts';
import { toReviewOutcome } from './review-outcome.ts';
import { cycleRules, renderRules } from './review-prompt.ts';
import { submitReview } from './submit-review.ts';

/** The coordinator's word on a whole cycle. */
export function reviewCycle(
  { agent }: Extract<ReviewPayload, { subject: 'cycle' }>,
  context: WorkContext,
): Promise<WorkOutcome> {
  return runRole(agent, context, {
    system: renderRules(cycleRules, agent.system),
    task: agent.prompt,
    tools: chooseTools(agent.tools, agent.commandTools, submitReview.tool),
    terminal: submitReview,
    toOutcome: (coordinator, end) =>
      toReviewOutcome(coordinator, end, async (submission) => {
        if (!submission) return undefined;
        const work = modelWorkOf(coordinator.conversation.transcript, agent.model);
        return { subject: 'cycle' as const, ...submission, ...work };
      }),
  });
}
