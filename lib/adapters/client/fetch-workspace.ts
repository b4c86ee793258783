import { createHash } from 'node:crypto';
import { AppError } from '#contracts/errors.ts';
import type { AgentResult, WorkspaceChange } from '#contracts/job-view.ts';
import { showName } from '../sandbox/helper/names.ts';
import type { ApiClient } from './api-client.ts';
import { placeFile } from './place-file.ts';
import { readArchive } from './read-archive.ts';

export interface FetchedFile {
  change: WorkspaceChange;
  /** Left out where the file was not written. */
  after?: Buffer;
  /** What was in the folder before, if anything. */
  before?: Buffer | undefined;
  refused?: string;
}

const timeoutMs = 300_000;

/** Writes the files that a job has changed into a folder. What it has deleted is only named. */
export async function fetchWorkspace(
  api: ApiClient,
  id: string,
  { workspace, files }: Pick<AgentResult, 'workspace' | 'files'>,
  folder: string,
): Promise<FetchedFile[]> {
  const wanted = new Map(files.map((change) => [change.path, change]));
  const fetched: FetchedFile[] = files
    .filter(({ change }) => change === 'deleted')
    .map((change) => ({ change }));
  if (!workspace) return fetched;
  const archive = await download(api, id, workspace);
  for (const entry of await readArchive(archive)) {
    const change = wanted.get(showName(entry.path));
    if (!change || change.change === 'deleted' || entry.kind === 'folder') continue;
    const placed = placeFile(folder, entry);
    const after = entry.kind === 'symlink' ? entry.target : entry.content;
    fetched.push('refused' in placed ? { change, ...placed } : { change, after, ...placed });
  }
  return fetched;
}

async function download(
  api: ApiClient,
  id: string,
  { name, sha256 }: NonNullable<AgentResult['workspace']>,
): Promise<Buffer> {
  const { body: file } = await api.call('readJobFile', { params: { id, path: name } });
  const response = await fetch(file.url, { signal: AbortSignal.timeout(timeoutMs) }).catch(
    (cause: unknown) => {
      throw new AppError('unavailable', `${name} of ${id} could not be fetched`, { cause });
    },
  );
  if (!response.ok)
    throw new AppError('unavailable', `${name} of ${id} was answered with status ${response.status}`);
  const archive = Buffer.from(await response.arrayBuffer());
  if (createHash('sha256').update(archive).digest('hex') === sha256) return archive;
  throw new AppError('result_mismatch', `${name} of ${id} is not what the result names`, {
    retryable: false,
  });
}
