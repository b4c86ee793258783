import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';

/** What a running local cloud says about itself in `<data>/local.json`, for clients on this machine. */
const localFile = z.object({
  apiUrl: z.url(),
  wsUrl: z.url().optional(),
  /** Where AWS's own clients find its services. */
  endpointUrl: z.url(),
  region: z.string(),
  accessKeyId: z.string(),
  secretAccessKey: z.string(),
  pid: z.number().int().positive(),
  /** Of the stack: names of the table, the secret, the log group … */
  outputs: z.record(z.string(), z.string()).default({}),
  /** True where prewritten words stand in for a model. */
  offlineModel: z.boolean().default(false),
});
export type LocalFile = z.infer<typeof localFile>;

export const defaultDataDir = '.muster';

function pathIn(dataDir: string): string {
  return join(dataDir, 'local.json');
}

/** Readable by its owner only, and never seen half-written. */
export function writeLocalFile(dataDir: string, file: LocalFile): void {
  const path = pathIn(dataDir);
  const aside = `${path}.${process.pid}`;
  // Removed first: an old file would keep its own mode.
  rmSync(aside, { force: true });
  writeFileSync(aside, `${JSON.stringify(file, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(aside, path);
}

/** Only if it is still ours: a successor may have written its own. */
export function removeLocalFile(dataDir: string): void {
  if (parseFile(dataDir)?.pid === process.pid) rmSync(pathIn(dataDir), { force: true });
}

/** The local cloud of this folder, or undefined where none runs. A file that a killed one left is ignored. */
export function readLocalFile(dataDir: string): LocalFile | undefined {
  const file = parseFile(dataDir);
  return file && isAlive(file.pid) ? file : undefined;
}

function parseFile(dataDir: string): LocalFile | undefined {
  try {
    const parsed = localFile.safeParse(JSON.parse(readFileSync(pathIn(dataDir), 'utf8')));
    return parsed.success ? parsed.data : undefined;
  } catch {
    // Missing, unreadable or not JSON: there is no local cloud that we could talk to.
    return undefined;
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, as another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
