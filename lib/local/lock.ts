import { accessSync, constants, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** SQLite's code for a database that another connection has locked. */
const busy = 5;

/**
 * One local cloud per data folder: the database under it corrupts nothing but crashes when opened twice. The
 * lock is SQLite's, which ends with its process, however that ends. Throws with the holder's pid.
 */
export function acquireDataLock(dir: string): () => void {
  mkdirSync(dir, { recursive: true });
  accessSync(dir, constants.W_OK);
  const pidFile = join(dir, 'lock.pid');
  const lock = new DatabaseSync(join(dir, 'lock.sqlite'));
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if ((error as { errcode?: number }).errcode !== busy) throw error;
    const pid = readFileSync(pidFile, 'utf8');
    const message = `${dir} is in use by another local cloud (pid ${pid}). Stop it, or choose another folder with --data.`;
    throw new Error(message, { cause: error });
  }
  writeFileSync(pidFile, String(process.pid));
  return () => {
    rmSync(pidFile, { force: true });
    lock.close();
  };
}
