import type { JobRow } from '#contracts/job-row.ts';
import { limits } from '#contracts/limits.ts';
import { attemptPrefix, workspaceKey } from '#contracts/object-keys.ts';
import type {
  EventsReply,
  EventsRequest,
  WorkerUploadsReply,
  WorkerUploadsRequest,
} from '#contracts/worker-protocol.ts';
import { eventCursor } from '#core/jobs/event-cursor.ts';
import type { Deps } from '#core/ports/core-deps.ts';
import { type TellDeps, tellWatchers } from '#core/stream/tell-watchers.ts';
import { toMessages } from '#core/stream/to-messages.ts';
import { fencedRow } from './fenced-row.ts';

/** Events lie under the attempt's own number: what a worker writes that was fenced a moment ago harms nobody. */
export async function recordEvents(
  deps: Deps<'store' | 'digest' | 'events' | 'clock'> & TellDeps,
  request: EventsRequest,
): Promise<EventsReply> {
  await fencedRow(deps, request);
  const { jobId, attempt, firstSeq, events } = request;
  const expiresAtMs = deps.clock.nowMs() + limits.rowRetentionDays * 86_400_000;
  await deps.events.append(jobId, attempt, firstSeq, events, expiresAtMs);
  const items = events.map((event, index) => ({ ...event, attempt, seq: firstSeq + index }));
  const cursorBehind = ({ seq }: { seq: number }) => eventCursor(deps.digest, jobId, { attempt, seq });
  const messages = () => toMessages({ watch: jobId, items, cursorBehind, live: true });
  return { watched: await tellWatchers(deps, jobId, messages) };
}

/**
 * Addresses that take exactly the files named, under the attempt's own number. Results and workspaces are written
 * once; an artifact may be replaced by the attempt that put it there.
 */
export async function addressUploads(
  deps: Deps<'store' | 'digest' | 'objects' | 'clock'>,
  request: WorkerUploadsRequest,
): Promise<WorkerUploadsReply> {
  const row = await fencedRow(deps, request);
  const expiresAt = new Date(deps.clock.nowMs() + limits.presignSeconds * 1000).toISOString();
  const files = await Promise.all(
    request.files.map(async ({ name, sha256, bytes }) => {
      const put = await deps.objects.presignPut(
        keyOf(row, name),
        { sha256, bytes },
        limits.presignSeconds,
        !name.startsWith('artifacts/'),
      );
      return { name, sha256, ...put, expiresAt };
    }),
  );
  return { files };
}

function keyOf({ project, id, attempt }: JobRow, name: string): string {
  if (name.startsWith('workspace/')) return workspaceKey(project, id, attempt, name);
  return `${attemptPrefix(project, id, attempt)}${name}`;
}
