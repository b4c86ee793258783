import type { JobRow, SegmentRange } from '#contracts/job-row.ts';
import { segmentKey } from '#contracts/object-keys.ts';
import { type TranscriptEntry, transcriptSegment } from '#contracts/transcript.ts';
import { segmentsOf } from '#core/worker/record-segment.ts';
import type { AuditSnapshot, Finding } from './audit-snapshot.ts';
import { checkAgentResult } from './check-agent-result.ts';
import { checkPaidTurns, type TurnOfAttempt } from './check-paid-turns.ts';

/** Transcripts: without gaps, as they were recorded, and the same story as ledger, workspace and result tell. */
export function checkTranscripts(snapshot: AuditSnapshot): Finding[] {
  if (!snapshot.texts) return [];
  return snapshot.rows.flatMap((row) => [
    ...checkWorkspace(row, snapshot),
    ...Object.entries(row.checkpoint?.conversations ?? {}).flatMap(([name, ranges]) =>
      checkConversation(row, name, ranges, snapshot),
    ),
  ]);
}

type Say = (message: string) => void;

function checkConversation(
  row: JobRow,
  name: string,
  ranges: readonly SegmentRange[],
  snapshot: AuditSnapshot,
): Finding[] {
  const findings: Finding[] = [];
  const say: Say = (message) =>
    findings.push({ invariant: 'transcript', subject: row.id, message: `"${name}" ${message}` });
  checkRanges(row, ranges, say);
  const read = readEntries(row, name, ranges, snapshot, say);
  if (!read) return findings;
  const entries = read.flatMap((segment) => segment.entries);
  checkOrder(entries, say);
  const turns: TurnOfAttempt[] = read.flatMap(({ attempt, entries: own }) =>
    own.filter((entry) => entry.kind === 'usage').map((usage) => ({ attempt, usage })),
  );
  return [
    ...findings,
    ...checkPaidTurns(row, name, turns, snapshot),
    ...(row.type === 'agent' ? checkAgentResult(row, entries, snapshot) : []),
  ];
}

/** Attempts write one after the other: none comes back once another one has written. */
function checkRanges(row: JobRow, ranges: readonly SegmentRange[], say: Say): void {
  ranges.forEach((range, index) => {
    const before = ranges[index - 1];
    if (range.attempt > row.attempt) say(`has segments of attempt ${range.attempt} of ${row.attempt}`);
    if (before && (range.attempt <= before.attempt || range.upTo <= before.upTo))
      say(`goes from attempt ${before.attempt} back to ${range.attempt}`);
  });
}

interface ReadSegment {
  attempt: number;
  entries: TranscriptEntry[];
}

function readEntries(
  { project, id: jobId }: JobRow,
  conversation: string,
  ranges: readonly SegmentRange[],
  { texts }: AuditSnapshot,
  say: Say,
): ReadSegment[] | undefined {
  const read: ReadSegment[] = [];
  let chain = '';
  for (const { segment, attempt } of segmentsOf(ranges)) {
    const text = texts?.of.get(segmentKey({ project, jobId, conversation, segment, attempt }));
    const parsed = text === undefined ? undefined : transcriptSegment.safeParse(JSON.parse(text));
    if (text === undefined || !parsed?.success) {
      say(`has no segment ${segment} that can be read`);
      return undefined;
    }
    if (parsed.data.segment !== segment) say(`has segment ${parsed.data.segment} in the place of ${segment}`);
    chain = texts?.sha256(`${chain}${texts.sha256(text)}`) ?? '';
    const end = ranges.find(({ upTo }) => upTo === segment);
    if (end && end.sha256 !== chain) say(`is not what was recorded up to segment ${segment}`);
    read.push({ attempt, entries: parsed.data.entries });
  }
  return read;
}

/** Turns go up, and each result answers a call of the last answer, once. */
function checkOrder(entries: readonly TranscriptEntry[], say: Say): void {
  let turns = 0;
  let open = new Set<string>();
  for (const entry of entries) {
    if (entry.kind === 'usage' && entry.turn <= turns) say(`goes from turn ${turns} to ${entry.turn}`);
    if (entry.kind === 'usage') turns = entry.turn;
    if (entry.kind === 'message') {
      if (open.size > 0) say(`goes on although ${[...open].join(', ')} has no result`);
      const calls = entry.message.content.flatMap((block) => (block.type === 'tool_use' ? [block.id] : []));
      open = new Set(calls);
    }
    if (entry.kind === 'result' && !open.delete(entry.block.toolUseId))
      say(`has a result of ${entry.block.toolUseId}, which was not open`);
  }
}

function checkWorkspace(row: JobRow, { results }: AuditSnapshot): Finding[] {
  const workspace = row.checkpoint?.workspace;
  if (!workspace || results.get(workspace.key)?.sha256 === workspace.sha256) return [];
  return [{ invariant: 'transcript', subject: row.id, message: `has no workspace ${workspace.sha256}` }];
}
