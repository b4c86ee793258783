import type { Caller } from '#contracts/access.ts';
import { uploadRequest } from '#contracts/job-request.ts';
import type { UploadTarget } from '#contracts/job-view.ts';
import { limits } from '#contracts/limits.ts';
import { uploadKey } from '#contracts/object-keys.ts';
import { requireProject } from '#core/access.ts';
import type { Deps } from '#core/ports/core-deps.ts';
import { parseWith } from './parse-job-request.ts';

/** One address for each file, under the file's own digest: uploading the same content again changes nothing. */
export async function createUploads(
  deps: Deps<'objects' | 'clock'>,
  caller: Caller,
  body: unknown,
): Promise<UploadTarget[]> {
  const { project, files } = parseWith(uploadRequest, body, 'the request');
  requireProject(caller, project);
  const expiresAt = new Date(deps.clock.nowMs() + limits.presignSeconds * 1000).toISOString();
  return Promise.all(
    files.map(async (file) => {
      const put = await deps.objects.presignPut(
        uploadKey(project, file.sha256),
        file,
        limits.presignSeconds,
        false,
      );
      return { sha256: file.sha256, ...put, expiresAt };
    }),
  );
}
