import type { MeetingPayload } from '#contracts/plan.ts';
import type { WorkContext, WorkOutcome } from '../work-outcome.ts';

/** The planning conversation of a cycle. */
export function runMeeting(_payload: MeetingPayload, _context: WorkContext): Promise<WorkOutcome> {
  throw new Error('not built yet');
}
