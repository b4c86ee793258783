import { AppError } from '#contracts/errors.ts';
import { limits } from '#contracts/limits.ts';
import type { WorkerObjects } from '#core/ports/worker.ts';

const timeoutMs = 60_000;

/** Objects behind presigned addresses, over plain `fetch`. Addresses are secrets and stay out of errors. */
export function makeHttpObjects(send: typeof fetch = fetch): WorkerObjects {
  return {
    async get(url, signal) {
      const response = await request(send, url, {}, signal);
      if (!response.ok) throw await refused('reading an object', response);
      return readBytes(response, signal);
    },
    async put({ url, headers }, body, signal) {
      const init = { method: 'PUT', headers, body: Uint8Array.from(body) };
      const response = await request(send, url, init, signal);
      // 412: it is there already, from a try whose answer was lost. `finish` compares digests.
      if (!response.ok && response.status !== 412) throw await refused('storing an object', response);
      await response.body?.cancel();
    },
  };
}

async function request(
  send: typeof fetch,
  url: string,
  init: RequestInit,
  signal: AbortSignal,
): Promise<Response> {
  try {
    const patience = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    return await send(url, { ...init, redirect: 'error', signal: patience });
  } catch (cause) {
    signal.throwIfAborted();
    throw new AppError('unavailable', 'The object store did not answer', { cause });
  }
}

async function readBytes(response: Response, signal: AbortSignal): Promise<Uint8Array> {
  const bytes = Number(response.headers.get('content-length') ?? 0);
  if (bytes > limits.uploadBytes)
    throw new AppError('payload_too_large', `An object of ${bytes} bytes is too large`);
  try {
    return new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    signal.throwIfAborted();
    throw new AppError('unavailable', 'An object broke off while it was read', { cause });
  }
}

/** 403 is an address that has expired and 409 a write at the same moment: a new address helps with both. */
async function refused(what: string, response: Response): Promise<AppError> {
  await response.body?.cancel();
  const { status } = response;
  const retryable = status === 403 || status === 408 || status === 409 || status === 429 || status >= 500;
  return new AppError(
    retryable ? 'unavailable' : 'worker_error',
    `${what} was refused with status ${status}`,
  );
}
