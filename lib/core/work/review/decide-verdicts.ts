import type { ActionReview, CheckResult, Verdict, VerdictSubmission } from '#contracts/review.ts';
import { cutText } from '../../tools/output-text.ts';

type Decided = ActionReview['verdicts'][number];
type Said = VerdictSubmission['verdicts'][number];

/** Below the limit of a piece of evidence, with room for what is put before it. */
const evidenceCharacters = 3_000;

/**
 * What is true of each criterion, whatever its executor or its reviewer say: not met where a check fails; told
 * at all only where there is one; and then as the reviewer judges. Without a reviewer nothing is met.
 */
export function decideVerdicts(
  criteria: readonly string[],
  checks: readonly CheckResult[],
  said: readonly Said[],
): Pick<ActionReview, 'outcome' | 'verdicts'> {
  const verdicts = [...new Set(criteria)].map((criterion) => {
    const own = checks.filter((check) => check.criterion === criterion);
    return decideOne(
      criterion,
      own,
      said.find((one) => one.criterion === criterion),
    );
  });
  return { outcome: worst(verdicts.map(({ verdict }) => verdict)), verdicts };
}

function decideOne(criterion: string, checks: readonly CheckResult[], said: Said | undefined): Decided {
  const failed = checks.find(({ ok }) => !ok);
  if (failed) return { criterion, verdict: 'not_met', evidence: describeFailure(failed), byCheck: true };
  if (!said)
    return { criterion, verdict: 'cannot_tell', evidence: 'The reviewer gave no verdict.', byCheck: false };
  if (checks.length > 0 || said.verdict !== 'met') return { ...said, byCheck: false };
  const evidence = `No check measures this. The reviewer says: ${cutText(said.evidence, evidenceCharacters)}`;
  return { criterion, verdict: 'cannot_tell', evidence, byCheck: false };
}

export function describeFailure({ tool, args, exitCode, output }: CheckResult): string {
  const how = exitCode === undefined ? '' : ` (exit code ${exitCode})`;
  const call = `${tool} ${cutText(JSON.stringify(args), 300)}`;
  return `The check ${call} fails${how}:\n${cutText(output, evidenceCharacters)}`;
}

function worst(all: readonly Verdict[]): Verdict {
  const fromWorst: readonly Verdict[] = ['not_met', 'cannot_tell', 'met'];
  return fromWorst.find((verdict) => all.includes(verdict)) ?? 'cannot_tell';
}
