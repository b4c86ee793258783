import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const LOCK_FILE = 'lock.pid';
const heldHere = new Set<string>();

/**
 * One local cloud per data folder: the database under it corrupts nothing but crashes when opened twice.
 * Throws with the other's pid; takes over the lock of a process that is gone.
 */
export function acquireDataLock(dir: string): () => void {
  mkdirSync(dir, { recursive: true });
  const file = join(dir, LOCK_FILE);
  const own = join(dir, `${LOCK_FILE}.${process.pid}`);
  // Written aside and linked, so that nobody ever reads a lock without a pid in it.
  writeFileSync(own, String(process.pid));
  try {
    if (!tryLink(own, file)) takeOver(dir, own, file);
  } finally {
    rmSync(own, { force: true });
  }
  heldHere.add(file);
  return () => {
    heldHere.delete(file);
    if (readPid(file) === process.pid) rmSync(file, { force: true });
  };
}

function takeOver(dir: string, own: string, file: string): void {
  const holder = readPid(file);
  if (holder !== undefined && isHeld(holder, file)) throw new Error(inUse(dir, holder));
  // Two starters may both see the stale lock. What was moved aside tells which of them came second.
  const aside = `${own}.stale`;
  renameSync(file, aside);
  const moved = readPid(aside);
  if (moved !== holder) tryLink(aside, file);
  rmSync(aside, { force: true });
  if (moved !== holder || !tryLink(own, file)) throw new Error(inUse(dir, moved));
}

function isHeld(pid: number, file: string): boolean {
  // In a container the pid of a killed predecessor is often our own.
  return pid === process.pid ? heldHere.has(file) : isAlive(pid);
}

function inUse(dir: string, pid: number | undefined): string {
  return `${dir} is in use by another local cloud (pid ${pid ?? 'unknown'}). Stop it, or choose another folder with --data.`;
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function readPid(file: string): number | undefined {
  try {
    const pid = Number(readFileSync(file, 'utf8'));
    return Number.isInteger(pid) && pid > 0 ? pid : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, as another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
