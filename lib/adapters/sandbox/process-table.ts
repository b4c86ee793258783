import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessEntry {
  pid: number;
  /** Real, effective and saved user id, and the one for file access. */
  uids: number[];
  /** Ended, and only waiting for its parent to notice. */
  zombie: boolean;
}

/** Linux: what /proc shows. Processes that end meanwhile are left out. */
export function listProcesses(): ProcessEntry[] {
  return readdirSync('/proc').flatMap((name) => {
    const status = /^[0-9]+$/.test(name) ? readProcFile(name, 'status') : undefined;
    if (status === undefined) return [];
    // From the file's text: the owner of /proc/<pid> is root as soon as a process is not dumpable.
    const uids = /^Uid:\s+(.+)$/m.exec(status)?.[1]?.split(/\s+/).map(Number) ?? [];
    return [{ pid: Number(name), uids, zombie: /^State:\s+[ZX]/m.test(status) }];
  });
}

export function sessionOf(pid: number): number | undefined {
  const stat = readProcFile(pid, 'stat');
  // The name in brackets may hold anything, brackets too: what counts begins after the last one.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields?.[3] === undefined ? undefined : Number(fields[3]);
}

export function threadsOf(pid: number): number {
  const status = readProcFile(pid, 'status') ?? '';
  return Number(/^Threads:\s+([0-9]+)$/m.exec(status)?.[1] ?? 1);
}

/** Undefined also where it belongs to somebody else. */
export function environmentOf(pid: number): string[] | undefined {
  return readProcFile(pid, 'environ')?.split('\0');
}

function readProcFile(pid: number | string, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    // Gone since the folder was listed, or closed to us.
    return undefined;
  }
}
