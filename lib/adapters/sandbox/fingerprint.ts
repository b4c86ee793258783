import { createHash } from 'node:crypto';
import { type BigIntStats, lstatSync, readdirSync } from 'node:fs';

/**
 * Differs after every change to what a save would hold. Reads no file: the time of the last change of a file or
 * folder (ctime) can be set by nobody but the system's clock. Undefined where it cannot be told: too many files, or
 * a folder that cannot be read.
 */
export function takeFingerprint(
  root: string,
  maxFiles: number,
  exclude: readonly string[],
): string | undefined {
  const hash = createHash('sha256');
  const folders = [Buffer.from(root)];
  let files = 0;
  try {
    for (let folder = folders.pop(); folder; folder = folders.pop()) {
      const entries = readdirSync(folder, { withFileTypes: true, encoding: 'buffer' });
      for (const entry of entries.sort((a, b) => a.name.compare(b.name))) {
        if (entry.isDirectory() && exclude.includes(entry.name.toString('latin1'))) continue;
        if (++files > maxFiles) return undefined;
        const path = Buffer.concat([folder, Buffer.from('/'), entry.name]);
        hash.update(path).update(describe(lstatSync(path, { bigint: true })));
        if (entry.isDirectory()) folders.push(path);
      }
    }
  } catch {
    // Closed by its mode, too deep, or gone: the save will find out.
    return undefined;
  }
  return hash.digest('hex');
}

/** A folder's own times change with what is excluded in it; what is in it speaks for itself. */
function describe(stat: BigIntStats): string {
  if (stat.isDirectory()) return `\0folder ${stat.mode}\0`;
  return `\0${stat.ino} ${stat.mode} ${stat.size} ${stat.mtimeNs} ${stat.ctimeNs}\0`;
}
