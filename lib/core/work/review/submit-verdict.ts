import { type VerdictSubmission, verdictSubmission } from '#contracts/review.ts';
import { makeTool, succeed } from '../../tools/tool.ts';
import type { Terminal } from '../terminal.ts';

/** Takes a verdict for each of these criteria, no other, and none twice. */
export function makeSubmitVerdict(criteria: readonly string[]): Terminal<VerdictSubmission> {
  const wanted = new Set(criteria);
  const schema = verdictSubmission.superRefine(({ verdicts }, { addIssue }) => {
    const fault = (message: string) => addIssue({ code: 'custom', path: ['verdicts'], message });
    const judged = verdicts.map(({ criterion }) => criterion);
    for (const criterion of wanted) {
      const count = judged.filter((one) => one === criterion).length;
      if (count !== 1) fault(`is to judge ${JSON.stringify(criterion)} exactly once, not ${count} times`);
    }
    for (const criterion of new Set(judged))
      if (!wanted.has(criterion)) fault(`judges ${JSON.stringify(criterion)}, which is not a criterion`);
  });
  const tool = makeTool(
    {
      name: 'submit_verdict',
      description:
        'Hands in your verdict and ends your review. Call it once. Judge every criterion exactly once.',
      idempotent: true,
      needs: 'none',
    },
    schema,
    async () => succeed('The verdict was handed in.'),
  );
  return { tool, parse: (input) => verdictSubmission.parse(input) };
}
