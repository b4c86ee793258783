import type { JobRow } from '#contracts/job-row.ts';
import { limits } from '#contracts/limits.ts';
import { attemptPrefix, workspaceKey } from '#contracts/object-keys.ts';
import type { EventsRequest, WorkerUploadsReply, WorkerUploadsRequest } from '#contracts/worker-protocol.ts';
import type { Deps } from '#core/ports/core-deps.ts';
import { fencedRow } from './fenced-row.ts';

/** Events lie under the attempt's own number: what a worker writes that was fenced a moment ago harms nobody. */
export async function recordEvents(
  deps: Deps<'store' | 'digest' | 'events' | 'clock'>,
  request: EventsRequest,
): Promise<void> {
  await fencedRow(deps, request);
  const expiresAtMs = deps.clock.nowMs() + limits.rowRetentionDays * 86_400_000;
  await deps.events.append(request.jobId, request.attempt, request.firstSeq, request.events, expiresAtMs);
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
