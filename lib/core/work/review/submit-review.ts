import { type CycleSubmission, cycleSubmission } from '#contracts/review.ts';
import { makeTool, succeed } from '../../tools/tool.ts';
import type { Terminal } from '../terminal.ts';

const tool = makeTool(
  {
    name: 'submit_review',
    description: "Hands in the cycle's final review and ends your work. Call it once.",
    idempotent: true,
    needs: 'none',
  },
  cycleSubmission,
  async () => succeed('The review was handed in.'),
);

export const submitReview: Terminal<CycleSubmission> = {
  tool,
  parse: (input) => cycleSubmission.parse(input),
};
