import type { ReviewPayload } from '#contracts/review.ts';
import type { WorkContext, WorkOutcome } from '../work-outcome.ts';
import { reviewAction } from './review-action.ts';
import { reviewCycle } from './review-cycle.ts';

/** Somebody who did not do the work looks at what it left. */
export function runReview(payload: ReviewPayload, context: WorkContext): Promise<WorkOutcome> {
  return payload.subject === 'action' ? reviewAction(payload, context) : reviewCycle(payload, context);
}
