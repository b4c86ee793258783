import { AppError } from '#contracts/errors.ts';
import type { JobRow } from '#contracts/job-row.ts';
import { limits } from '#contracts/limits.ts';
import type { ArtifactsReply, ArtifactsRequest } from '#contracts/worker-protocol.ts';
import { findArtifact, listArtifacts } from '#core/jobs/artifacts.ts';
import { sharedScope } from '#core/jobs/shared-scope.ts';
import type { Deps } from '#core/ports/core-deps.ts';
import { fencedRow } from './fenced-row.ts';

export type ArtifactsDeps = Deps<'store' | 'digest' | 'objects'>;

/**
 * The artifacts of the worker's own job or of one that shares with it: all their names, or the address of one.
 *
 * @throws AppError `stale_attempt`, `job_stopping`, `forbidden`, `not_found` (also for a job that may not be seen),
 *   `payload_too_large`
 */
export async function findArtifacts(
  deps: ArtifactsDeps,
  request: ArtifactsRequest,
  scopeOf: typeof sharedScope = sharedScope,
): Promise<ArtifactsReply> {
  const own = await fencedRow(deps, request);
  const row = await readShared(deps, own, request.job ?? own.id, scopeOf);
  const { path } = request;
  if (path === undefined)
    return { kind: 'list', paths: (await listArtifacts(deps, row)).map((found) => found.path) };
  const found = await findArtifact(deps, row, path);
  if (!found) return { kind: 'none' };
  if (found.bytes > limits.uploadBytes)
    throw new AppError(
      'payload_too_large',
      `${path} has ${found.bytes} bytes, and at most ${limits.uploadBytes} can be fetched`,
    );
  const url = await deps.objects.presignGet(found.key, limits.presignSeconds);
  return { kind: 'file', url, bytes: found.bytes };
}

/** One answer for a job that does not exist and for one that is none of the worker's business. */
async function readShared(
  { store }: ArtifactsDeps,
  own: JobRow,
  id: string,
  scopeOf: typeof sharedScope,
): Promise<JobRow> {
  const row = id === own.id ? own : await store.get(id);
  if (row && row.project === own.project && scopeOf(row) === scopeOf(own)) return row;
  throw new AppError('not_found', `job ${id} is none that job ${own.id} shares artifacts with`);
}
