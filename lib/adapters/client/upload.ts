import { setTimeout as wait } from 'node:timers/promises';
import { AppError } from '#contracts/errors.ts';
import { retryDelayMs } from '#core/retry.ts';
import type { ApiClient } from './api-client.ts';

const tries = 4;
const backoff = { baseMs: 400, capMs: 4_000 };
const timeoutMs = 300_000;

export interface UploadContent {
  body: Buffer;
  sha256: string;
}

/** Puts content where a job of this project can name it by its SHA-256. */
export async function upload(
  api: ApiClient,
  project: string | undefined,
  { body, sha256 }: UploadContent,
): Promise<{ sha256: string; bytes: number }> {
  const file = { sha256, bytes: body.length };
  const request = { ...(project === undefined ? {} : { project }), files: [file] };
  const reply = await api.call('createUploads', { body: request });
  const target = reply.body.items[0];
  if (!target) throw new AppError('internal', 'POST /uploads answered without an address');
  for (let failures = 1; ; failures++) {
    const fault = await put(target, body);
    if (fault === undefined) return file;
    if (failures >= tries || !fault.retryable) throw fault;
    await wait(retryDelayMs(failures, backoff, Math.random));
  }
}

async function put(
  { url, headers }: { url: string; headers: Record<string, string> },
  body: Buffer,
): Promise<AppError | undefined> {
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    const response = await fetch(url, { method: 'PUT', headers, body: new Uint8Array(body), signal });
    await response.arrayBuffer();
    if (response.ok) return undefined;
    return new AppError('unavailable', `the upload was answered with status ${response.status}`, {
      retryable: response.status >= 500,
    });
  } catch (cause) {
    return new AppError('unavailable', 'the upload did not get through', { cause });
  }
}
