import { AppError } from '#contracts/errors.ts';
import { persist } from './fenced-control.ts';
import type { WorkContext } from './work-outcome.ts';

export interface StoredFile {
  sha256: string;
  bytes: number;
}

/** Stores a file below the attempt's own folder. Addresses live for minutes, so each try asks for a new one. */
export async function storeFile(
  name: string,
  body: Uint8Array,
  { control, ports, session }: WorkContext,
  signal: AbortSignal,
): Promise<StoredFile> {
  const file = { sha256: ports.sha256Hex(body), bytes: body.length };
  const once = async () => {
    const { files } = await control.uploads({ ...session, files: [{ name, ...file }] }, signal);
    const target = files.find((found) => found.name === name);
    if (!target)
      throw new AppError('internal', `The control plane gave no address for ${name}`, { retryable: false });
    await ports.objects.put(target, body, signal);
  };
  await persist(once, { signal, time: ports.time, log: ports.log, what: `storing ${name}` });
  return file;
}
