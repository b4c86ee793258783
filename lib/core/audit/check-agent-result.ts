import type { JobRow } from '#contracts/job-row.ts';
import { agentResult } from '#contracts/job-view.ts';
import type { TranscriptEntry } from '#contracts/transcript.ts';
import { toUsd } from '#contracts/usage.ts';
import { callsOf, Transcript } from '#core/work/transcript.ts';
import type { AuditSnapshot, Finding } from './audit-snapshot.ts';

/** What an agent's result says is what its transcript says. */
export function checkAgentResult(
  row: JobRow,
  entries: readonly TranscriptEntry[],
  { texts }: AuditSnapshot,
): Finding[] {
  const text = row.result && texts?.of.get(row.result.key);
  if (text === undefined) return [];
  const say = (message: string): Finding[] => [{ invariant: 'result', subject: row.id, message }];
  const parsed = agentResult.safeParse(JSON.parse(text));
  if (!parsed.success) return say('has a result that cannot be read');
  const { turns, costUsd, summary, stopped } = parsed.data;
  const transcript = new Transcript(entries);
  if (turns !== transcript.turns())
    return say(`has ${turns} turns, and its transcript ${transcript.turns()}`);
  const cost = toUsd(transcript.usages().reduce((sum, { costMicroUsd }) => sum + costMicroUsd, 0));
  if (costUsd !== cost) return say(`cost ${costUsd}, and its transcript says ${cost}`);
  const submitted = submittedSummary(transcript);
  if (!stopped && submitted !== undefined && submitted !== summary)
    return say('says something else than what was handed in');
  return [];
}

/** Of the last answer's calls. That the result was taken is recorded only where there was more to record. */
function submittedSummary(transcript: Transcript): unknown {
  const last = transcript.entries.findLast((entry) => entry.kind === 'message');
  if (last?.kind !== 'message') return undefined;
  const refused = transcript.lastAnswered().filter(({ result }) => result.block.isError);
  const call = callsOf(last.message).findLast(
    ({ id, name }) => name === 'submit_result' && !refused.some((one) => one.call.id === id),
  );
  return (call?.input as { summary?: unknown } | undefined)?.summary;
}
