import { limits } from '#contracts/limits.ts';
import { attemptPrefix } from '#contracts/object-keys.ts';
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
 * Addresses that take exactly the files named, below the attempt's own folder. Results and workspaces are written
 * once; an artifact may be replaced by the attempt that put it there.
 */
export async function addressUploads(
  deps: Deps<'store' | 'digest' | 'objects' | 'clock'>,
  request: WorkerUploadsRequest,
): Promise<WorkerUploadsReply> {
  const row = await fencedRow(deps, request);
  const prefix = attemptPrefix(row.project, row.id, row.attempt);
  const expiresAt = new Date(deps.clock.nowMs() + limits.presignSeconds * 1000).toISOString();
  const files = await Promise.all(
    request.files.map(async ({ name, sha256, bytes }) => {
      const put = await deps.objects.presignPut(
        `${prefix}${name}`,
        { sha256, bytes },
        limits.presignSeconds,
        !name.startsWith('artifacts/'),
      );
      return { name, sha256, ...put, expiresAt };
    }),
  );
  return { files };
}
