import type { ReviewPayload } from '#contracts/review.ts';
import type { WorkContext, WorkOutcome } from '../work-outcome.ts';

/** Somebody who did not do the work looks at what it left. */
export function runReview(_payload: ReviewPayload, _context: WorkContext): Promise<WorkOutcome> {
  throw new Error('not built yet');
}
