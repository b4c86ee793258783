import { limits } from '#contracts/limits.ts';
import type { ActionReview, CheckResult, VerdictSubmission } from '#contracts/review.ts';
import { cutText } from '../../tools/output-text.ts';
import { utf8Length } from '../utf8.ts';
import { decideVerdicts, describeFailure } from './decide-verdicts.ts';

/** Of the names of files in one list of a result. */
const listCharacters = 50_000;
/** Of one text where all of them would be too much. */
const shortCharacters = 500;

export interface Reviewed {
  criteria: readonly string[];
  checks: CheckResult[];
  restored: readonly string[];
  /** Missing where the reviewer handed in nothing. */
  submission: VerdictSubmission | undefined;
}

/** What a review says, but for its files and its cost. */
export function toVerdict({ criteria, checks, restored, submission }: Reviewed) {
  const findings = [
    ...(submission?.findings ?? []),
    ...checks.filter(({ ok }) => !ok).map(describeFailure),
    ...(restored.length > 0 ? [putBack(restored)] : []),
  ];
  return {
    subject: 'action' as const,
    ...decideVerdicts(criteria, checks, submission?.verdicts ?? []),
    checks,
    findings: [...new Set(findings)],
    restored: listPaths(restored),
    conflicts: [],
  };
}

/** Nothing was merged, so there was nothing to be judged. */
export function toConflict(criteria: readonly string[], restored: string[], conflicts: string[]) {
  const evidence = 'Not judged: others have changed the same files meanwhile.';
  const finding = `Others have changed the same files since this action began: ${listPaths(conflicts).join(', ')}. Do it again on the new files.`;
  return {
    subject: 'action' as const,
    outcome: 'not_met' as const,
    verdicts: [...new Set(criteria)].map((criterion) => ({
      criterion,
      verdict: 'cannot_tell' as const,
      evidence,
      byCheck: false,
    })),
    checks: [],
    findings: [cutText(finding, 4_000)],
    restored: listPaths(restored),
    conflicts: listPaths(conflicts),
  };
}

function putBack(restored: readonly string[]): string {
  const names = cutText(listPaths(restored).join(', '), 2_000);
  return `These files are protected and were put back as they were, so leave them alone: ${names}`;
}

/** Names are an executor's, so neither their number nor their length may make a result too long to be kept. */
function listPaths(paths: readonly string[]): string[] {
  let characters = 0;
  const fitting = paths.findIndex((path) => {
    characters += path.length;
    return characters > listCharacters;
  });
  if (fitting < 0) return [...paths];
  return [...paths.slice(0, fitting), `… and ${paths.length - fitting} more`];
}

/** Word for word, unless the document would be too long to be read. */
export function fitReview(review: ActionReview): ActionReview {
  if (utf8Length(JSON.stringify(review)) <= limits.resultBytes) return review;
  const short = (text: string) => cutText(text, shortCharacters);
  return {
    ...review,
    verdicts: review.verdicts.map((one) => ({ ...one, evidence: short(one.evidence) })),
    checks: review.checks.map((check) => ({ ...check, output: short(check.output) })),
    findings: review.findings.map(short),
  };
}
