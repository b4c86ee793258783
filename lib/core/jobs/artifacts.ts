import type { JobRow } from '#contracts/job-row.ts';
import { limits } from '#contracts/limits.ts';
import { artifactsPrefix } from '#contracts/object-keys.ts';
import type { Deps } from '#core/ports/core-deps.ts';

export interface StoredArtifact {
  /** Below `artifacts/`. */
  path: string;
  key: string;
  bytes: number;
}

/** What the attempts of a job have put, by path: a later attempt's file stands for an earlier one of the same path. */
export async function listArtifacts(
  { objects }: Deps<'objects'>,
  { project, id, attempt: latest }: JobRow,
): Promise<StoredArtifact[]> {
  const ofAttempt = async (attempt: number): Promise<StoredArtifact[]> => {
    const prefix = artifactsPrefix(project, id, attempt);
    const found = await objects.list(prefix, limits.artifacts);
    return found.map(({ key, bytes }) => ({ path: key.slice(prefix.length), key, bytes }));
  };
  const lists = await Promise.all(attemptsUpTo(latest).map(ofAttempt));
  const byPath = new Map(lists.flat().map((artifact) => [artifact.path, artifact]));
  return [...byPath.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** One of them, looked for by its name alone. */
export async function findArtifact(
  { objects }: Deps<'objects'>,
  { project, id, attempt: latest }: JobRow,
  path: string,
): Promise<StoredArtifact | undefined> {
  const ofAttempt = async (attempt: number) => {
    const key = `${artifactsPrefix(project, id, attempt)}${path}`;
    const head = await objects.head(key);
    return head && { path, key, bytes: head.bytes };
  };
  return (await Promise.all(attemptsUpTo(latest).map(ofAttempt))).findLast((found) => found);
}

function attemptsUpTo(latest: number): number[] {
  return Array.from({ length: latest }, (_, index) => index + 1);
}
