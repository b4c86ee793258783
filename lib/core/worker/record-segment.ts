import { AppError } from '#contracts/errors.ts';
import type { JobRow, SegmentRange } from '#contracts/job-row.ts';
import { limits } from '#contracts/limits.ts';
import { segmentKey } from '#contracts/object-keys.ts';
import type { SegmentRecord } from '#contracts/worker-protocol.ts';
import type { Deps } from '#core/ports/core-deps.ts';
import type { Digest } from '#core/ports/system.ts';

/** The digest over all segments up to one: of the digest before it, then of the segment's own. */
export function chainSha256(digest: Pick<Digest, 'sha256'>, before: string, body: string): string {
  return digest.sha256(`${before}${digest.sha256(body)}`);
}

/**
 * Stores the segment under its attempt's own name. That comes before the row says so: what the row names can
 * always be read, and what it does not name is nobody's transcript.
 */
export async function storeSegment(
  { objects }: Deps<'objects'>,
  row: JobRow,
  attempt: number,
  { conversation, segment, body }: SegmentRecord,
): Promise<void> {
  const key = segmentKey({ project: row.project, jobId: row.id, conversation, segment, attempt });
  if ((await objects.putOnce(key, body, 'application/json')) === 'stored') return;
  if ((await objects.get(key)) !== body)
    throw new AppError(
      'invalid_request',
      `segment ${segment} of "${conversation}" is stored with another content`,
    );
}

/** The row with the segment in its checkpoint; as it is where the segment is there already. */
export function recordSegment(
  digest: Digest,
  row: JobRow,
  attempt: number,
  { conversation, segment, body }: SegmentRecord,
): JobRow {
  const conversations = row.checkpoint?.conversations ?? {};
  const ranges = Object.hasOwn(conversations, conversation) ? (conversations[conversation] ?? []) : [];
  const last = ranges.at(-1);
  if (segment <= (last?.upTo ?? 0)) return requireOwn(row, ranges, attempt, segment, conversation);
  if (segment !== (last?.upTo ?? 0) + 1) throw outOfOrder(row, conversation, segment, last);
  if (!last && Object.keys(conversations).length >= limits.conversations)
    throw new AppError('invalid_request', `job ${row.id} has ${limits.conversations} conversations already`);
  const range = { attempt, upTo: segment, sha256: chainSha256(digest, last?.sha256 ?? '', body) };
  const kept = last?.attempt === attempt ? ranges.slice(0, -1) : ranges;
  return {
    ...row,
    checkpoint: { ...row.checkpoint, conversations: { ...conversations, [conversation]: [...kept, range] } },
  };
}

/** A repeated call; its content was compared when it was stored. */
function requireOwn(
  row: JobRow,
  ranges: readonly SegmentRange[],
  attempt: number,
  segment: number,
  conversation: string,
): JobRow {
  const owner = ranges.find(({ upTo }) => segment <= upTo);
  if (owner?.attempt === attempt) return row;
  throw new AppError(
    'invalid_request',
    `segment ${segment} of "${conversation}" of job ${row.id} was written by attempt ${owner?.attempt}`,
  );
}

function outOfOrder(
  row: JobRow,
  conversation: string,
  segment: number,
  last: SegmentRange | undefined,
): AppError {
  return new AppError(
    'invalid_request',
    `segment ${segment} of "${conversation}" of job ${row.id} is out of order; the next is ${(last?.upTo ?? 0) + 1}`,
  );
}

/** All segments of a conversation in their order, each with the attempt that wrote it. */
export function segmentsOf(ranges: readonly SegmentRange[]): { segment: number; attempt: number }[] {
  const segments: { segment: number; attempt: number }[] = [];
  for (const { attempt, upTo } of ranges)
    for (let segment = segments.length + 1; segment <= upTo; segment++) segments.push({ segment, attempt });
  return segments;
}
