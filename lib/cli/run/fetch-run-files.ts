import { createHash } from 'node:crypto';
import type { ApiClient } from '#adapters/client/api-client.ts';
import { placeFile } from '#adapters/client/place-file.ts';
import { AppError } from '#contracts/errors.ts';
import type { FileView } from '#contracts/job-view.ts';

export interface FetchedRunFile {
  path: string;
  bytes: number;
  /** Why it was not written. */
  refused?: string;
}

const timeoutMs = 300_000;
const atOnce = 4;

/** Writes files of a run below a folder, and nothing outside of it. */
export async function fetchRunFiles(
  api: ApiClient,
  id: string,
  files: readonly FileView[],
  folder: string,
  onDone: (count: number) => void,
): Promise<FetchedRunFile[]> {
  const fetched: FetchedRunFile[] = [];
  for (let from = 0; from < files.length; from += atOnce) {
    const some = files.slice(from, from + atOnce);
    const contents = await Promise.all(some.map((file) => download(api, id, file)));
    for (const [index, { path }] of some.entries()) fetched.push(place(folder, path, contents[index]));
    onDone(fetched.length);
  }
  return fetched;
}

function place(folder: string, path: string, content: Buffer = Buffer.alloc(0)): FetchedRunFile {
  const entry = { path: Buffer.from(path), kind: 'file', executable: false, content } as const;
  const placed = placeFile(folder, { ...entry, target: Buffer.alloc(0) });
  return { path, bytes: content.length, ...('refused' in placed ? placed : {}) };
}

/** An address works for five minutes; where it has run out meanwhile, a new one is asked for. */
async function download(api: ApiClient, id: string, file: FileView): Promise<Buffer> {
  const response = await get(file);
  if (response.ok) return verified(response, file);
  const { body: again } = await api.call('readRunFile', { params: { id, path: file.path } });
  const second = await get(again);
  if (second.ok) return verified(second, again);
  throw new AppError('unavailable', `${file.path} of ${id} was answered with status ${second.status}`);
}

async function get({ url, path }: FileView): Promise<Response> {
  return fetch(url, { signal: AbortSignal.timeout(timeoutMs) }).catch((cause: unknown) => {
    throw new AppError('unavailable', `${path} could not be fetched`, { cause });
  });
}

async function verified(response: Response, { path, sha256 }: FileView): Promise<Buffer> {
  const content = Buffer.from(await response.arrayBuffer());
  if (sha256 === undefined || createHash('sha256').update(content).digest('hex') === sha256) return content;
  throw new AppError('result_mismatch', `${path} is not what the list names`, { retryable: false });
}
